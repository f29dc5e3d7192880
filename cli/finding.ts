/** One thing that the doctor looked at, and what to do when it is not well. */
export interface Finding {
  check: string
  ok: boolean
  detail: string
  next?: string
}

export const well = (check: string, detail: string): Finding => ({ check, ok: true, detail })

export const wrong = (check: string, detail: string, next: string): Finding => ({
  check,
  ok: false,
  detail,
  next,
})
