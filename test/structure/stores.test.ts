import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesOnBothStores, filesWithStore, importsOf, ON_ONE_STORE } from '../support/onBothStores.ts'

const root = path.resolve(import.meta.dirname, '../..')
const SUPPORT = 'test/support/stores.ts'
const IMPLEMENTATIONS = ['store/embedded/embeddedStore.ts', 'store/influx/influxStore.ts']

describe('tests of what is stored', () => {
  it('run on both stores, or say why one is enough', () => {
    expect(filesOnBothStores().length).toBeGreaterThan(15)
    expect(filesOnBothStores()).toContain('test/store/intake.test.ts')
    const touching = filesWithStore()
    expect(
      Object.keys(ON_ONE_STORE).filter((named) => !touching.some((file) => file.startsWith(named))),
    ).toEqual([])
  })

  it('get their store from one place, but for the stores’ own tests and those of faults and fuzz', () => {
    const files = globSync('test/**/*.ts', { cwd: root }).filter(
      (file) => file !== SUPPORT && !/^test\/(store|faults|fuzz)\//.test(file),
    )
    expect(files.length).toBeGreaterThan(100)
    expect(files.filter((file) => importsOf(file).some((name) => IMPLEMENTATIONS.includes(name)))).toEqual([])
  })
})
