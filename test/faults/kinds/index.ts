import type { FaultKind } from '../faultKind.ts'
import { kill } from './kill.ts'

/** The kinds of fault that `npm run test:faults` knows, in the order in which it runs them. */
export const FAULT_KINDS: readonly FaultKind[] = [kill]
