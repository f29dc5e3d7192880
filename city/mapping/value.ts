/** A decimal number as files write it; no thousands marks, no hexadecimal, no words. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Reads one cell as a finite number; undefined when it is none. `decimal` is the file's decimal mark. */
export const parseNumber = (text: string, decimal: '.' | ','): number | undefined => {
  if (decimal === ',' && text.includes('.')) return undefined
  const plain = decimal === ',' ? text.replace(',', '.') : text
  if (!NUMBER.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}
