import { InvalidArgumentError } from '@commander-js/extra-typings'

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `90s`, `15m`, `1h` or `7d` in seconds; `0` is none. */
export const seconds = (text: string): number => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (text === '0') return 0
  if (count === undefined || unit === undefined) {
    throw new InvalidArgumentError('Write a number and s, m, h or d, like 90s, 15m, 1h or 7d; or 0.')
  }
  return Number(count) * SECONDS[unit as keyof typeof SECONDS]
}

/** A whole number of days. */
export const days = (text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Write a whole number of days, 1 to 3650.')
  return Number(text)
}
