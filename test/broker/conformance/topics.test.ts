import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFilterTree } from '../../../broker/routing/filterTree.ts'
import { filterMatches, isTopicFilter } from '../../../broker/routing/topicFilter.ts'

/** Examples of MQTT 3.1.1, sections 4.7.1 to 4.7.3, and their counter-examples. */
const CASES: readonly (readonly [filter: string, topic: string, matches: boolean])[] = [
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/#', 'sport', true],
  ['#', 'sport/tennis', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['/+', '/finance', true],
  ['+', '/finance', false],
  ['+', 'finance', true],
  ['+/tennis/#', 'sport/tennis', true],
  ['#', '$SYS/monitor', false],
  ['+/monitor/Clients', '$SYS/monitor/Clients', false],
  ['$SYS/#', '$SYS/monitor', true],
  ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
  ['$other/+', '$other/x', true],
  ['+/x', '$other/x', false],
  ['a/+', 'a/$x', true],
  ['ACCOUNTS', 'Accounts', false],
  ['/', '/', true],
  ['a//b', 'a/b', false],
  ['a/+/b', 'a//b', true],
  ['é', 'e\u0301', false],
]

describe('A topic filter', () => {
  it.each(CASES)('%s, held against %s: %s', (filter, topic, matches) => {
    expect(filterMatches(filter, topic)).toBe(matches)
    const tree = createFilterTree<string, number>()
    tree.set(filter, 'who', 1)
    let found = false
    tree.match(topic, () => {
      found = true
    })
    expect(found).toBe(matches)
  })

  it.each(['a#', '#/a', 'a/#/b', 'a+', '+a', 'a/+b', 'a/b+/c', '', '##', '++'])('%j is none', (filter) => {
    expect(isTopicFilter(filter)).toBe(false)
  })

  it.each(['#', '+', 'a', '/', '//', 'a/+', '+/a/#', '+/+/+', ' ', '$share', 'a b'])(
    '%j is one',
    (filter) => {
      expect(isTopicFilter(filter)).toBe(true)
    },
  )

  it('is found in a tree exactly when it matches, whatever was added and removed before', () => {
    const level = fc.constantFrom('a', 'b', '', '$a', '+')
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([levels, all]) => (all ? [...levels, '#'] : levels).join('/'))
      .filter(isTopicFilter)
    const topic = fc
      .array(fc.constantFrom('a', 'b', '', '$a'), { minLength: 1, maxLength: 5 })
      .map((levels) => levels.join('/'))
      .filter((text) => text !== '')
    const changes = fc.array(fc.tuple(fc.boolean(), filter, fc.nat(2)), { maxLength: 30 })
    fc.assert(
      fc.property(changes, fc.array(topic, { maxLength: 8 }), (changes, topics) => {
        const tree = createFilterTree<number, string>()
        const model = new Set<string>()
        for (const [add, filter, who] of changes) {
          if (add) tree.set(filter, who, filter)
          else tree.delete(filter, who)
          if (add) model.add(`${who} ${filter}`)
          else model.delete(`${who} ${filter}`)
        }
        for (const topic of topics) {
          const found: string[] = []
          tree.match(topic, (who, filter) => found.push(`${who} ${filter}`))
          const expected = [...model].filter((entry) => filterMatches(entry.slice(2), topic))
          expect(found.sort()).toEqual(expected.sort())
        }
      }),
      { numRuns: 500 },
    )
  })
})
