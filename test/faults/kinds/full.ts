import { execFile } from 'node:child_process'
import { mkdir, rm, statfs, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { createLoopDisk, whyNoLoopDisk } from '../../support/loopDisk.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { acknowledgedAnew } from '../moment.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { createRig } from '../rig.ts'

/**
 * The disk of the core, of the agent, or of both fills, down to the last byte or to less than the store's reserve, and has
 * room again; in some rounds a process is killed and started meanwhile. What runs goes on without a restart. As long
 * as the core's disk has less than the reserve, nothing may be acknowledged.
 */
const ROUNDS_OF_A_LEG = 10
const MEGABYTE = 1024 * 1024
const DISK_MEGABYTES = { core: 192, agent: 48 }
const LONGEST_FULL_MS = 1500
const PLACES = [['core'], ['core'], ['agent'], ['core', 'agent']] as const
/** What is left free. */
const LEFT_BYTES = { core: [0, 8 * MEGABYTE, 48 * MEGABYTE], agent: [0, 0, MEGABYTE] }

export const full: FaultKind = {
  name: 'full',
  about: 'full disks of core and edge agent, and room again',
  rounds: 40,
  unavailable: whyNoLoopDisk,
  run: async (options) => [
    await runLegs(options, { name: full.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: 1, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant }, { row, blame, judge }) => {
  await using folder = await temporaryFolder()
  const data = path.join(folder.path, 'data')
  await mkdir(data)
  await using coreDisk = await createLoopDisk({ megabytes: DISK_MEGABYTES.core })
  await using agentDisk = await createLoopDisk({ megabytes: DISK_MEGABYTES.agent })
  await symlink(coreDisk.folder, path.join(data, 'core'))
  await symlink(agentDisk.folder, path.join(data, 'agent'))
  const disks = { core: coreDisk, agent: agentDisk }
  await using rig = await createRig({
    folder: data,
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
    // One that is started on a full disk may end and say why.
    mayEnd: ['core', 'agent'],
  })
  await judge(rig, async () => {
    for (let at = 0; at < rounds; at += 1) {
      const random = keyedRandom(seed, at)
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random.uniform() * items.length)] as T
      const places = pick(PLACES)
      const holdMs = random.uniform() * LONGEST_FULL_MS
      const restarted = random.uniform() < 0.25 ? pick(places) : undefined
      for (const place of places) await fill(disks[place].folder, pick(LEFT_BYTES[place]))
      const stay = async (): Promise<void> => {
        await sleep(holdMs)
        for (const place of places) {
          if (!rig[place].running()) blame(`the ${place} ended on a full disk`)
        }
        if (restarted) await rig.killAndRestart([restarted], 0)
        await sleep(holdMs)
      }
      if (places.some((place) => place === 'core')) await rig.whileNothingCommits(stay)
      else await stay()
      for (const place of places) await rm(path.join(disks[place].folder, FILLER), { force: true })
      for (const place of places) {
        if (!rig[place].running()) await rig.killAndRestart([place], 0)
      }
      await acknowledgedAnew(rig)
      row.rounds += 1
    }
  })
}

const FILLER = 'filler'

/** Takes all room but so many bytes; others write meanwhile, so it asks again until nothing more fits. */
const fill = async (folder: string, leftBytes: number): Promise<void> => {
  const file = path.join(folder, FILLER)
  const { bavail, bsize } = await statfs(folder)
  const size = Math.floor(bavail * bsize - leftBytes)
  if (size <= 0) return
  await promisify(execFile)('fallocate', ['-l', String(size), file]).catch(() => undefined)
  if (leftBytes > 0) return
  const crumbs = Buffer.alloc(4096)
  for (;;) {
    try {
      await writeFile(file, crumbs, { flag: 'a' })
    } catch {
      return
    }
  }
}
