import type { ForeignAdapter } from './adapter.ts'

/**
 * Copy this file, name the way in which the devices write, and add it to `index.ts`: access rules, naming, quarantine
 * and the contract tests cover it from then on. This one reads `{"tenths": 214}` as 21.4 of what the topic names.
 */
export const tenths: ForeignAdapter = {
  name: 'tenths',
  read({ segments, json }) {
    if (typeof json !== 'object' || json === null || !('tenths' in json)) return undefined
    if (typeof json.tenths !== 'number') return { reason: '"tenths" must be a number' }
    return [{ segments, value: json.tenths / 10 }]
  },
}
