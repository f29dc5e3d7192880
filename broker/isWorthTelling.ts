/**
 * True for the 1st, 2nd, 4th, 8th ... time that the same thing happened: who does it ten thousand times a second must
 * not fill the log.
 */
export const isWorthTelling = (count: number): boolean => (count & (count - 1)) === 0
