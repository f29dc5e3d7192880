import { NadiError } from '../errors.ts'

/** How a table's text is cut into records and fields. */
export interface RecordFormat {
  delimiter: string
  quote: string
}

/** See `createRecordNumberer`. */
export interface RecordNumberer {
  push(chunk: Uint8Array): Uint8Array
  /** The rest; a last record without line end gets one. */
  end(): Uint8Array
  /** Records so far. */
  readonly records: number
  /** Line of the first record. */
  readonly firstLine: number | undefined
  /** After `end`: the line of the last record when a quote in it was never closed. */
  readonly openQuoteLine: number | undefined
}

/** A longer record is a quote that was never closed, not a row. */
export const MAX_RECORD_BYTES = 1_000_000

const LF = 0x0a
const CR = 0x0d
/** ASCII unit separator: stands between cells on their way from the reader, so none may hold it. */
const UNIT_SEPARATOR = 0x1f
const SPACE = 0x20
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * Puts before each record of a CSV text, as a first field, the line that it begins on (1 is the first line of the
 * file), so that whatever parses the text afterwards knows exact lines although it skips bad records and blank lines.
 * Blank lines are left out, line ends become LF, a byte-order mark goes. Push chunks in order, then `end`.
 * Throws `invalid-input` for a record beyond `MAX_RECORD_BYTES`.
 */
export const createRecordNumberer = (format: RecordFormat): RecordNumberer => {
  const quote = format.quote.charCodeAt(0)
  const delimiter = format.delimiter.charCodeAt(0)
  let line = 1
  let afterCr = false
  let recordLine = 0
  let recordBytes = 0
  let fieldStart = true
  let quoted = false
  let afterQuote = false
  /** The first bytes, until there are enough to tell a byte-order mark. */
  let head: Uint8Array | undefined = new Uint8Array(0)
  let out = new Uint8Array(0)
  let length = 0

  const reserve = (bytes: number): void => {
    if (length + bytes <= out.length) return
    const grown = new Uint8Array((length + bytes) * 2)
    grown.set(out.subarray(0, length))
    out = grown
  }

  let records = 0
  let firstLine: number | undefined
  let openQuoteLine: number | undefined

  const begin = (remaining: number): void => {
    reserve(remaining + 24)
    for (const digit of String(line)) out[length++] = digit.charCodeAt(0)
    out[length++] = delimiter
    records += 1
    firstLine ??= line
    recordLine = line
    recordBytes = 0
    fieldStart = true
  }

  const finish = (): void => {
    out[length++] = LF
    recordLine = 0
    quoted = false
    afterQuote = false
  }

  const take = (byte: number, remaining: number): void => {
    if (afterCr) {
      afterCr = false
      if (byte === LF) {
        if (quoted) out[length++] = LF
        return
      }
    }
    const newLine = byte === LF || byte === CR
    const escaped = afterQuote && byte === quote
    afterQuote = false
    if (escaped) quoted = true
    if (newLine && !quoted) {
      if (recordLine > 0) finish()
      line += 1
      afterCr = byte === CR
      return
    }
    if (recordLine === 0) begin(remaining)
    recordBytes += 1
    if (recordBytes > MAX_RECORD_BYTES) throw tooLong(recordLine)
    if (newLine) {
      line += 1
      afterCr = byte === CR
    } else if (quoted) {
      if (byte === quote && !escaped) {
        quoted = false
        afterQuote = true
      }
    } else if (byte === quote && fieldStart) {
      quoted = true
    }
    // As DuckDB does, spaces before an opening quote do not count.
    fieldStart = (byte === delimiter && !quoted) || (fieldStart && byte === SPACE)
    out[length++] = byte === UNIT_SEPARATOR ? SPACE : byte
  }

  const flush = (): Uint8Array => {
    const done = out.subarray(0, length)
    out = new Uint8Array(0)
    length = 0
    return done
  }

  const consume = (bytes: Uint8Array): Uint8Array => {
    reserve(bytes.length + 24)
    for (let i = 0; i < bytes.length; i += 1) take(bytes[i] ?? 0, bytes.length - i)
    return flush()
  }

  /** Hands on the first bytes without a byte-order mark. */
  const start = (): Uint8Array => {
    const first = head ?? new Uint8Array(0)
    head = undefined
    return consume(BYTE_ORDER_MARK.every((byte, i) => first[i] === byte) ? first.subarray(3) : first)
  }

  return {
    push(chunk: Uint8Array): Uint8Array {
      if (!head) return consume(chunk)
      head = joined(head, chunk)
      return head.length < BYTE_ORDER_MARK.length ? new Uint8Array(0) : start()
    },
    end(): Uint8Array {
      const rest = head ? start() : new Uint8Array(0)
      reserve(24)
      if (quoted) openQuoteLine = recordLine
      if (recordLine > 0) finish()
      return joined(rest, flush())
    },
    get records(): number {
      return records
    },
    get firstLine(): number | undefined {
      return firstLine
    },
    get openQuoteLine(): number | undefined {
      return openQuoteLine
    },
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

const tooLong = (line: number): NadiError =>
  new NadiError(
    'invalid-input',
    `The record that begins on line ${line} is longer than ${MAX_RECORD_BYTES} bytes. Is a quote left open there, or is this not a CSV file?`,
  )

/** The fields of one record, quotes resolved; used for the header, whose names decide how all the rest is read. */
export const splitFields = (record: string, { delimiter, quote }: RecordFormat): string[] => {
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (record[at] === quote) {
      let text = ''
      at += 1
      for (;;) {
        const close = record.indexOf(quote, at)
        text += record.slice(at, close < 0 ? undefined : close)
        at = close < 0 ? record.length : close + 1
        if (close < 0 || record[at] !== quote) break
        text += quote
        at += 1
      }
      const next = record.indexOf(delimiter, at)
      fields.push(text + record.slice(at, next < 0 ? undefined : next))
      at = next
    } else {
      const next = record.indexOf(delimiter, at)
      fields.push(record.slice(at, next < 0 ? undefined : next))
      at = next
    }
    if (at < 0) return fields
    at += 1
  }
}
