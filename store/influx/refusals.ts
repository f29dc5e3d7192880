import type { Point } from '../../city/observation.ts'
import { pointLine } from './schema.ts'
import type { WriteLines } from './writeRequest.ts'

/** A point that the server will not store, however often it is sent, and its reason in the server's words. */
export interface Refusal {
  point: Point
  reason: string
}

/**
 * Writes points and finds out line by line which of them the server refuses: it answers a partial write with a count
 * and one reason, so halves are written again until each point was confirmed, or refused alone or with all beside it.
 * To write a point again is harmless. What is refused together (too old, one week's field type) lies together in
 * time, so the halves are of time.
 *
 * Resolves when all but the refused points are durable. Throws what `write` throws; then nothing is known.
 */
export const writePoints = async (write: WriteLines, points: readonly Point[]): Promise<Refusal[]> => {
  if (points.length === 0) return []
  const result = await write({ lines: points.map(pointLine) })
  if (result.outcome === 'stored') return []
  const [alone] = points
  if (result.outcome === 'too-large') {
    if (points.length === 1 && alone) return [{ point: alone, reason: 'larger than the server allows' }]
    return writeHalves(write, points)
  }
  const { reason, dropped } = result
  if (points.length === 1 || dropped >= points.length) return points.map((point) => ({ point, reason }))
  return writeHalves(
    write,
    points.toSorted((a, b) => a.timeMs - b.timeMs || a.datastreamId - b.datastreamId),
  )
}

const writeHalves = async (write: WriteLines, points: readonly Point[]): Promise<Refusal[]> => {
  const middle = Math.ceil(points.length / 2)
  const first = await writePoints(write, points.slice(0, middle))
  return [...first, ...(await writePoints(write, points.slice(middle)))]
}
