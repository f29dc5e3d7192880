import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { PeopleDay, PeopleHour } from '../view.ts'
import { numbersTable } from './numbersTable.ts'
import { peopleRange } from './peopleWords.ts'

/** The days of the people charts as a table of numbers. */
export const peopleTable = (
  format: Format,
  days: readonly { title: string; day: PeopleDay }[],
  withheld: boolean,
): Html => {
  const { words } = format
  const few = words('people.below', { count: MINIMUM_PEOPLE })
  const measured = (hour: PeopleHour): string =>
    hour.measured === null ? '–' : hour.measured === 'few' ? few : format.number(hour.measured)
  const rows = days.flatMap(({ title, day }) =>
    day.hours.map((hour) => {
      const { forecast } = hour
      const interval = withheld || forecast === null ? '–' : peopleRange(format, forecast)
      return [`${title} ${format.hours(hour.startMs, hour.endMs)}`, measured(hour), interval]
    }),
  )
  return numbersTable(format, {
    id: 'people-numbers',
    caption: words('when.axis'),
    head: [words('chart.hour'), words('chart.tableMeasured'), words('chart.tableInterval')],
    rows,
  })
}
