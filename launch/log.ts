import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'

/** The city's log on standard error: for people on a terminal, JSON lines elsewhere. */
export const createLog = (level: string): Logger =>
  process.stderr.isTTY
    ? pino({ level, base: null }, pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }))
    : pino(
        { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
        pino.destination({ dest: 2, sync: true }),
      )
