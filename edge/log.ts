import { type Logger, pino } from 'pino'

/** The agent's log on standard error, as JSON lines whose times a person can read. */
export const createEdgeLog = (level: string): Logger =>
  pino({ level, name: 'edge', timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
