import { NadiError } from '../errors.ts'
import { isDatastreamPath, toSegment } from '../names.ts'

/** Stands in a template for the name of the value column. */
export const COLUMN = 'column'

/** A path with holes, `{office}/{queue}/waiting`: which columns fill them, and how. */
export interface Template {
  text: string
  /** Columns that the row's cells are taken from, in the order of the holes, `{column}` left out. */
  columns: string[]
  /** Names of all holes in order, `{column}` among them. */
  holes: string[]
  /** The path, each hole filled with one path segment made of the text that `fill` gives for its name. */
  render(fill: (name: string) => string): string
}

/** Parses a template. Throws `invalid-input` when no text can make it a Datastream's path. */
export const parseTemplate = (text: string): Template => {
  const parts = text.split(/\{([^{}]*)\}/)
  const holes = parts.filter((_, index) => index % 2 === 1)
  const sample = parts.map((part, index) => (index % 2 === 1 ? 'x' : part)).join('')
  if (!isDatastreamPath(sample) || holes.includes('')) {
    throw new NadiError(
      'invalid-input',
      `"${text}" is not a Datastream's path: write lower-case segments and names of columns in braces, the property last, such as "estate/{column}/energy".`,
    )
  }
  return {
    text,
    columns: [...new Set(holes.filter((name) => name !== COLUMN))],
    holes,
    render: (fill) =>
      parts.map((part, index) => (index % 2 === 1 ? toSegment(fill(part).trim()) : part)).join(''),
  }
}
