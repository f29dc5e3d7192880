import { z } from '@hono/zod-openapi'
import { isSimulatedProperty } from '../../city/simulated.ts'
import type { BuildingView } from '../buildings.ts'
import { DEMONSTRATION_NOTICE } from '../language.ts'
import { demonstrationMark } from '../schemas.ts'
import type { BestHours, PeopleHour } from '../web/view.ts'

/** What the answers about one building have in common: each says what its page says. */

/** Energy or people to come: 8 times in 10 the truth falls within `low` to `high`. */
export const expectedInterval = z
  .object({ low: z.number(), middle: z.number(), high: z.number() })
  .openapi('ExpectedInterval', {
    description: '8 times in 10 the truth falls within `low` to `high`; half the time it is under `middle`',
    example: { low: 60, middle: 80, high: 110 },
  })

/** People to come as they may be told; absent where nothing is forecast. */
export const expectedPeople = z
  .object({
    people: expectedInterval.nullable(),
    suppressed: z.boolean().openapi({ description: 'True: surely under 10 people, so no number is told' }),
  })
  .nullable()
  .openapi({
    description: 'Rounded to ten; null where nothing is forecast. An end of 0 stands for "under 10"',
  })

/** An expectation of the page as its answer. */
export const toExpected = (expected: PeopleHour['forecast'] | BestHours['people']) => {
  if (expected === null) return null
  return expected === 'few' ? { people: null, suppressed: true } : { people: expected, suppressed: false }
}

/** Whether a building's numbers hold: by its people counter where it has one, else by the freshest of its sensors. */
export const buildingState = z.enum(['measured', 'old', 'silent', 'none', 'failing']).openapi({
  description:
    'measured: its numbers hold now; old: they are late; silent: nothing for two hours, so forecasts are withheld; none: never measured',
})

/** What every answer about one building begins with. */
export const aboutBuilding = {
  building: z.string().openapi({ example: 'shared-office' }),
  timezone: z.string().openapi({ example: 'Asia/Makassar' }),
  ...demonstrationMark,
}

/** The beginning of an answer that rests on these properties. */
export const toAbout = (
  view: BuildingView,
  { language, properties }: { language: 'id' | 'en'; properties: readonly string[] },
) => {
  const demonstration = properties.some((property) => isSimulatedProperty(view.described, property))
  return {
    building: view.id,
    timezone: view.timeZone,
    demonstration,
    ...(demonstration && { notice: DEMONSTRATION_NOTICE[language] }),
  }
}
