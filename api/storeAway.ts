import { NadiError } from '../city/errors.ts'

/**
 * What the observation store answers, and undefined while it cannot be asked: for answers that are worth giving
 * without it. They say of what is missing that it is not known.
 */
export const unlessAway = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer
  } catch (error) {
    if (error instanceof NadiError && error.code === 'store-unavailable') return undefined
    throw error
  }
}
