import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { en } from '../../api/web/messages/en.ts'
import { id } from '../../api/web/messages/id.ts'
import { createWords } from '../../api/web/words.ts'

const keys = Object.keys(id) as (keyof typeof id)[]
const folder = path.resolve(import.meta.dirname, '../../api/web')
const source = globSync('**/*.ts', { cwd: folder, exclude: (name) => name === 'messages' })
  .map((file) => readFileSync(path.join(folder, file), 'utf8'))
  .join('\n')

/** The names that a message asks for: `{people}`, `{count, plural, ...}`. */
const valuesOf = (message: string): Set<string> =>
  new Set([...message.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] ?? ''))

describe('the words of the page', () => {
  it('say every message in both languages, with the same values', () => {
    expect(Object.keys(en).sort()).toEqual([...keys].sort())
    for (const key of keys) expect(valuesOf(en[key]), key).toEqual(valuesOf(id[key]))
  })

  it('hold no message that no page says', () => {
    // A key that is put together (`level.${level}`) is looked for by the part before its last dot.
    const unused = keys.filter((key) => {
      const family = `${key.slice(0, key.lastIndexOf('.'))}.\${`
      return !source.includes(`'${key}'`) && !source.includes(`\`${family}`)
    })
    expect(unused).toEqual([])
  })

  it('are calm: no exclamation marks, no words of advertising', () => {
    for (const message of [...Object.values(id), ...Object.values(en)]) {
      expect(message).not.toMatch(/!|\breal.?time\b|\bsmart\b|\blive\b/i)
    }
  })

  it('count in both languages', () => {
    expect(createWords('id')('age.hoursMinutes', { hours: 1, minutes: 34 })).toBe('1 jam 34 menit lalu')
    expect(createWords('en')('age.hoursMinutes', { hours: 1, minutes: 34 })).toBe('1 hour 34 minutes ago')
    expect(createWords('en')('answer.silent', { count: 1 })).toBe('1 building silent')
  })
})
