import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What a sending process writes down about its sequence numbers, in ranges: `o FROM TO` before it gives them away,
 * `a FROM TO` once they are taken over (by the spool) or acknowledged (by the broker). A line that was written
 * survives the death of its writer; with `sync`, a power cut as well.
 */
export interface Journal {
  offered(from: number, to: number): void
  acknowledged(from: number, to: number): void
  close(): void
}

export type Range = readonly [from: number, to: number]

export interface JournalRecord {
  offered: readonly Range[]
  acknowledged: readonly Range[]
}

export const openJournal = (file: string, { sync = false } = {}): Journal => {
  const descriptor = openSync(file, 'a')
  const write = (text: string): void => {
    writeSync(descriptor, text)
    if (sync) fdatasyncSync(descriptor)
  }
  // A line that was cut short must not swallow the next one.
  write('\n')
  return {
    offered: (from, to) => write(`o ${from} ${to}\n`),
    acknowledged: (from, to) => write(`a ${from} ${to}\n`),
    close: () => closeSync(descriptor),
  }
}

export const readJournal = (file: string): JournalRecord => {
  const record = { offered: [] as Range[], acknowledged: [] as Range[] }
  if (!existsSync(file)) return record
  for (const [, kind, from, to] of readFileSync(file, 'utf8').matchAll(/^([oa]) (\d+) (\d+)\n/gm)) {
    record[kind === 'o' ? 'offered' : 'acknowledged'].push([Number(from), Number(to)])
  }
  return record
}

/** All numbers of the ranges. */
export const numbersOf = (ranges: readonly Range[]): Set<number> => {
  const numbers = new Set<number>()
  for (const [from, to] of ranges) for (let seq = from; seq <= to; seq += 1) numbers.add(seq)
  return numbers
}
