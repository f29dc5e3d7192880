import type { Finding } from '../../store/table/findings.ts'

const DAY_MS = 86_400_000
/** Days without any reading that part one stretch of a file from another. */
const PARTED_DAYS = 30
/** A stretch with less than this share of the greatest one's readings is taken for a clock fault. */
const SMALL_SHARE = 0.2

interface Stretch {
  fromDay: number
  toDay: number
  count: number
  firstLine: number
}

/** Watches which days a file's readings fall on, to find those that a wrong clock has written. */
export const createFileDays = () => {
  const days = new Map<number, { count: number; firstLine: number }>()
  return {
    add(timeMs: number, line: number): void {
      const day = Math.floor(timeMs / DAY_MS)
      const seen = days.get(day)
      if (seen) seen.count += 1
      else days.set(day, { count: 1, firstLine: line })
    },
    /** Small stretches of days far from the one that holds most readings. They are kept as they are. */
    findings(): Finding[] {
      const stretches = stretchesOf(days)
      const main = stretches.reduce<Stretch | undefined>(
        (best, stretch) => (best && best.count >= stretch.count ? best : stretch),
        undefined,
      )
      if (!main) return []
      return stretches
        .filter((stretch) => stretch !== main && stretch.count < SMALL_SHARE * main.count)
        .map((stretch) => ({
          code: 'clock-fault',
          message: `readings dated ${span(stretch)} in a file that is otherwise of ${span(main)}: was a clock wrong? They are kept as dated`,
          count: stretch.count,
          firstLine: stretch.firstLine,
        }))
    },
  }
}

const stretchesOf = (days: ReadonlyMap<number, { count: number; firstLine: number }>): Stretch[] => {
  const stretches: Stretch[] = []
  for (const [day, { count, firstLine }] of [...days].sort(([a], [b]) => a - b)) {
    const last = stretches.at(-1)
    if (last && day - last.toDay <= PARTED_DAYS) {
      last.toDay = day
      last.count += count
      last.firstLine = Math.min(last.firstLine, firstLine)
    } else {
      stretches.push({ fromDay: day, toDay: day, count, firstLine })
    }
  }
  return stretches
}

const span = ({ fromDay, toDay }: Stretch): string =>
  fromDay === toDay ? date(fromDay) : `${date(fromDay)} to ${date(toDay)}`

const date = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
