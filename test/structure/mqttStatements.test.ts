import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { BROKER_LIMITS } from '../../broker/limits.ts'

/** `docs/mqtt.md` says which test shows each statement of MQTT 3.1.1 and each limit: those tests are there. */
const root = path.resolve(import.meta.dirname, '../..')
const page = readFileSync(path.join(root, 'docs/mqtt.md'), 'utf8')

/** How many statements each section of the specification has: those of its appendix B. */
const STATEMENTS: Readonly<Record<string, number>> = {
  '1.5.3': 3,
  '2.2.2': 2,
  '2.3.1': 7,
  '3.1.0': 2,
  '3.1.2': 24,
  '3.1.3': 11,
  '3.1.4': 5,
  '3.2.0': 1,
  '3.2.2': 6,
  '3.3.1': 12,
  '3.3.2': 3,
  '3.3.4': 1,
  '3.3.5': 2,
  '3.6.1': 1,
  '3.8.1': 1,
  '3.8.3': 4,
  '3.8.4': 6,
  '3.9.3': 2,
  '3.10.1': 1,
  '3.10.3': 2,
  '3.10.4': 6,
  '3.12.4': 1,
  '3.14.1': 1,
  '3.14.4': 3,
  '4.1.0': 2,
  '4.2.0': 1,
  '4.3.1': 1,
  '4.3.2': 2,
  '4.3.3': 2,
  '4.4.0': 1,
  '4.5.0': 2,
  '4.6.0': 6,
  '4.7.1': 3,
  '4.7.2': 1,
  '4.7.3': 4,
  '4.8.0': 2,
  '6.0.0': 4,
  '7.0.0': 2,
  '7.1.1': 1,
  '7.1.2': 1,
}

interface Row {
  first: string
  file: string
  test: string
}

const rows: Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| MQTT-') || line.startsWith('| `'))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const [, file = '', test = ''] = /^`([^`]+)`: (.*)$/.exec(cells[4] ?? '') ?? []
    return { first: (cells[1] ?? '').replaceAll('`', ''), file, test }
  })

describe('docs/mqtt.md', () => {
  it('answers each normative statement of MQTT 3.1.1 once', () => {
    const expected = Object.entries(STATEMENTS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, i) => `MQTT-${section}-${i + 1}`),
    )
    const answered = rows.map(({ first }) => first).filter((first) => first.startsWith('MQTT-'))
    expect(answered).toEqual(expected)
  })

  it('names each limit of the door once', () => {
    const named = rows.map(({ first }) => first).filter((first) => !first.startsWith('MQTT-'))
    expect(named).toEqual(Object.keys(BROKER_LIMITS))
  })

  it('names only tests that are there', () => {
    const missing = rows.filter(({ file, test }) => {
      const source = path.join(root, 'test/broker', file)
      return test === '' || !existsSync(source) || !names(readFileSync(source, 'utf8')).has(test)
    })
    expect(missing).toEqual([])
  })
})

/** The string literals of a test file, as far as they stand on one line. */
const names = (source: string): Set<string> =>
  new Set(
    [...source.matchAll(/(['"])((?:\\.|(?!\1).)*)\1/g)].map(([, , text = '']) => text.replaceAll("\\'", "'")),
  )
