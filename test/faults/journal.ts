import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What a sending process writes down about its sequence numbers, in ranges: `o FROM TO` before it gives them away,
 * `a FROM TO` once they are taken over (by the spool) or acknowledged (by the broker). Who waits for PUBACK writes
 * `s FROM TO AT` for each sending, and `a FROM TO SENT AT` for the answer to it, by its clock in epoch milliseconds. A
 * line that was written survives the death of its writer; with `sync`, a power cut as well.
 */
export interface Journal {
  offered(from: number, to: number): void
  sent(from: number, to: number, atMs: number): void
  acknowledged(from: number, to: number, answer?: { sentMs: number; atMs: number }): void
  close(): void
}

export type Range = readonly [from: number, to: number]

export interface JournalRecord {
  offered: readonly Range[]
  acknowledged: readonly Range[]
  /** Each sending, and each answer with the time of what it answers. */
  sendings: readonly { range: Range; atMs: number }[]
  answers: readonly { range: Range; sentMs: number; atMs: number }[]
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
    sent: (from, to, atMs) => write(`s ${from} ${to} ${atMs}\n`),
    acknowledged: (from, to, answer) =>
      write(`a ${from} ${to}${answer ? ` ${answer.sentMs} ${answer.atMs}` : ''}\n`),
    close: () => closeSync(descriptor),
  }
}

const LINE = /^([oas]) (\d+) (\d+)(?: (\d+))?(?: (\d+))?\n/gm

export const readJournal = (file: string): JournalRecord => {
  const offered: Range[] = []
  const acknowledged: Range[] = []
  const sendings: { range: Range; atMs: number }[] = []
  const answers: { range: Range; sentMs: number; atMs: number }[] = []
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  for (const [, kind, from, to, firstMs, secondMs] of text.matchAll(LINE)) {
    const range: Range = [Number(from), Number(to)]
    if (kind === 'o') offered.push(range)
    else if (kind === 's') sendings.push({ range, atMs: Number(firstMs) })
    else {
      acknowledged.push(range)
      if (secondMs !== undefined) answers.push({ range, sentMs: Number(firstMs), atMs: Number(secondMs) })
    }
  }
  return { offered, acknowledged, sendings, answers }
}

/** All numbers of the ranges. */
export const numbersOf = (ranges: readonly Range[]): Set<number> => {
  const numbers = new Set<number>()
  for (const [from, to] of ranges) for (let seq = from; seq <= to; seq += 1) numbers.add(seq)
  return numbers
}
