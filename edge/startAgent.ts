import path from 'node:path'
import { type Agent, type AgentOptions, createAgent } from './agent.ts'
import type { EdgeConfig } from './config.ts'
import { createDriver } from './drivers/index.ts'
import { withPresence } from './presence/withPresence.ts'

/** Makes the driver that the settings name and the agent around it. Throws `invalid-input` when the driver's block, or that of presence, is wrong. */
export const startAgent = async (
  config: EdgeConfig,
  surroundings: Omit<AgentOptions, 'config' | 'driver'>,
): Promise<Agent> => {
  const { log, now, random } = surroundings
  const driver = await createDriver(config.driver.kind, config.driver, {
    log: log.child({ driver: config.driver.kind }),
    now,
    random,
    building: config.building,
    resolvePath: (file) => path.resolve(config.folder, file),
  })
  try {
    const { presence } = config
    const whole = presence ? await withPresence(driver, presence, log.child({ sensor: 'presence' })) : driver
    return await createAgent({ config, driver: whole, ...surroundings })
  } catch (error) {
    await driver[Symbol.asyncDispose]()
    throw error
  }
}
