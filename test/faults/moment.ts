import { setTimeout as sleep } from 'node:timers/promises'
import type { Rig } from './rigParts.ts'
import type { Kill } from './schedule.ts'

/** Waits for the moment at which a fault of these victims is due. */
export const comeTo = async (
  { victims: [first = 'core'], moment, delayMs }: Kill,
  rig: Rig,
): Promise<void> => {
  if (moment === 'opening' && first !== 'influx') await rig[first].heard('opening')
  if (moment === 'connecting') await rig.core.heard('serving')
  if (moment === 'draining') await rig.recovered()
  await sleep(delayMs)
}

const LONGEST_WAIT_MS = 90_000

/** Resolves when the broker has acknowledged something anew to each of these senders. */
export const acknowledgedAnew = async (
  rig: Rig,
  senders: readonly ('agent' | 'client')[] = ['agent', 'client'],
): Promise<void> => {
  for (const sender of senders) rig[sender].forget('acknowledged')
  await Promise.all(senders.map((sender) => rig[sender].heard('acknowledged', LONGEST_WAIT_MS)))
}
