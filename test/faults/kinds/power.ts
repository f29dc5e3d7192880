import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { freeze } from '../../support/freeze.ts'
import { createLoopDisk, type LoopDisk, whyNoLoopDisk } from '../../support/loopDisk.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { comeTo } from '../moment.ts'
import { influxBehind } from '../influxBehind.ts'
import { createRig } from '../rig.ts'
import { killsOf, type Victim } from '../schedule.ts'

/**
 * The power of the core's machine, of the agent's, or of both fails: everything that was not on the disk is gone, the
 * page cache included. Each has a disk of its own, an ext4 file system in a file. Where
 * InfluxDB is the store, it runs on the core's machine and keeps its data on that disk.
 */
const ROUNDS_OF_A_LEG = 20
const LANES = 2
const DISK_MEGABYTES = 512
/** A process outlives its disk by so much at most; whatever it does meanwhile must be acknowledged to nobody. */
const LONGEST_BLACKOUT_MS = 200

export const power: FaultKind = {
  name: 'power',
  about: 'power cuts of the machines of core and edge agent (ext4 shutdown without flushing its log)',
  rounds: 200,
  onInflux: true,
  unavailable: whyNoLoopDisk,
  run: async (options) => [
    await runLegs(options, { name: power.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: LANES, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant, store }, { row, judge }) => {
  await using folder = await temporaryFolder()
  const data = path.join(folder.path, 'data')
  await mkdir(data)
  await using coreDisk = await createLoopDisk({ megabytes: DISK_MEGABYTES })
  await using agentDisk = await createLoopDisk({ megabytes: DISK_MEGABYTES })
  await symlink(coreDisk.folder, path.join(data, 'core'))
  await symlink(agentDisk.folder, path.join(data, 'agent'))
  await using stack = new AsyncDisposableStack()
  const influx = await influxBehind(stack, store, path.join(coreDisk.folder, 'influx'))
  const env = plant === 'no-fsync' ? { LD_PRELOAD: 'libeatmydata.so' } : {}
  await using rig = await createRig({
    folder: data,
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
    ...influx?.forRig,
    run: { core: { env }, agent: { env } },
    // What opens its files on a dead disk ends with an error.
    mayEnd: ['core', 'agent'],
  })
  const disks: Partial<Record<Victim, LoopDisk>> = { core: coreDisk, agent: agentDisk }
  await judge(rig, async () => {
    // A database that the disk has not seen yet is another question (docs/decisions/influxdb.md).
    if (influx) await promisify(execFile)('sync', ['-f', coreDisk.folder])
    for (const [at, kill] of killsOf(seed, rounds).entries()) {
      const { victims, downMs } = kill
      await comeTo(kill, rig)
      const cut = victims.flatMap((victim) => disks[victim] ?? [])
      // No `fsync` may be under way: the kernel's call races with it, and it would report a success that is none.
      const server = victims.includes('core') ? influx?.server : undefined
      await Promise.all([...victims.map((victim) => rig[victim].freeze()), server && freeze(server.pid)])
      await Promise.all(cut.map((disk) => disk.cutPower()))
      for (const victim of victims) rig[victim].thaw()
      if (server) process.kill(server.pid, 'SIGCONT')
      await sleep(keyedRandom(seed, at, 1).uniform() * LONGEST_BLACKOUT_MS)
      await Promise.all([...victims.map((victim) => rig[victim].kill()), server?.kill()])
      await Promise.all(cut.map((disk) => disk.remount()))
      await server?.restart()
      await rig.killAndRestart(victims, downMs)
      row.rounds += 1
    }
  })
}
