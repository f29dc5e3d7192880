import type { FaultKind } from '../faultKind.ts'
import { clock } from './clock.ts'
import { fsync } from './fsync.ts'
import { full } from './full.ts'
import { influx } from './influx.ts'
import { influxLong } from './influxLong.ts'
import { kill } from './kill.ts'
import { link } from './link.ts'
import { power } from './power.ts'
import { spool } from './spool.ts'
import { storm } from './storm.ts'

/** The kinds of fault that `npm run test:faults` knows, in the order in which it runs them. */
export const FAULT_KINDS: readonly FaultKind[] = [
  kill,
  storm,
  power,
  full,
  fsync,
  link,
  influx,
  influxLong,
  clock,
  spool,
]
