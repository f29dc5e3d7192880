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
  /** Lines that were left out because a quote opens on them and is not closed as it should be. */
  readonly broken: readonly number[]
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
 * Blank lines are left out, line ends become LF, a byte-order mark goes. A quote that opens and is not closed as it
 * should be costs its own line (`broken`), not those after it. Push chunks in order, then `end`.
 * Throws `invalid-input` for a record beyond `MAX_RECORD_BYTES`.
 */
export const createRecordNumberer = (format: RecordFormat): RecordNumberer => {
  const quote = format.quote.charCodeAt(0)
  const delimiter = format.delimiter.charCodeAt(0)
  const broken: number[] = []
  let line = 1
  let afterCr = false
  let records = 0
  let firstLine: number | undefined
  /** The record at hand: its line (0: none), where it and its content begin in `out`, whether it has a line break. */
  let record = { line: 0, from: 0, content: 0, broken: false }
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

  const begin = (): void => {
    reserve(32)
    const from = length
    for (const digit of String(line)) out[length++] = digit.charCodeAt(0)
    out[length++] = delimiter
    record = { line, from, content: length, broken: false }
    records += 1
    firstLine ??= line
    fieldStart = true
  }

  const finish = (): void => {
    out[length++] = LF
    record.line = 0
    quoted = false
    afterQuote = false
  }

  /** Gives the first line of the record at hand up and takes the rest of it again, as records of their own. */
  const breakUp = (): void => {
    const content = out.slice(record.content, length)
    const lineEnd = content.findIndex((byte) => byte === LF || byte === CR)
    broken.push(record.line)
    records -= 1
    line = record.line
    length = record.from
    record.line = 0
    quoted = false
    afterQuote = false
    afterCr = false
    for (const byte of lineEnd < 0 ? [] : content.subarray(lineEnd)) take(byte)
  }

  const take = (byte: number): void => {
    reserve(2)
    const newLine = byte === LF || byte === CR
    if (newLine && !quoted) {
      const second = afterCr && byte === LF
      afterCr = byte === CR
      if (second) return
      if (record.line > 0) finish()
      line += 1
      return
    }
    if (record.line === 0) begin()
    if (length - record.content >= MAX_RECORD_BYTES) {
      if (!record.broken) throw tooLong(record.line)
      breakUp()
      return take(byte)
    }
    if (newLine) {
      if (!(afterCr && byte === LF)) line += 1
      afterCr = byte === CR
      record.broken = true
      out[length++] = byte
      return
    }
    afterCr = false
    if (quoted) {
      afterQuote = byte === quote
      quoted = !afterQuote
    } else if (byte === quote && (fieldStart || afterQuote)) {
      quoted = true
      afterQuote = false
    } else if (afterQuote && byte !== delimiter && byte !== SPACE && record.broken) {
      // What follows its end says that this quote was no quote: a stray mark must not swallow the lines after it.
      breakUp()
      return take(byte)
    } else if (byte === delimiter) {
      afterQuote = false
    }
    // As DuckDB does, spaces before an opening quote do not count.
    fieldStart = !quoted && (byte === delimiter || (fieldStart && byte === SPACE))
    out[length++] = byte === UNIT_SEPARATOR ? SPACE : byte
  }

  /** Hands on whole records and keeps the one at hand. */
  const flush = (): Uint8Array => {
    const end = record.line > 0 ? record.from : length
    const done = out.subarray(0, end)
    out = out.slice(end, length)
    length -= end
    record.from = 0
    record.content -= end
    return done
  }

  const consume = (bytes: Uint8Array): Uint8Array => {
    reserve(bytes.length * 2)
    for (let i = 0; i < bytes.length; i += 1) take(bytes[i] ?? 0)
    return flush()
  }

  /** Hands on the first bytes without a byte-order mark. */
  const start = (): Uint8Array => {
    const first = head ?? new Uint8Array(0)
    head = undefined
    return consume(BYTE_ORDER_MARK.every((byte, i) => first[i] === byte) ? first.subarray(3) : first)
  }

  return {
    broken,
    push(chunk: Uint8Array): Uint8Array {
      if (!head) return consume(chunk)
      head = joined(head, chunk)
      return head.length < BYTE_ORDER_MARK.length ? new Uint8Array(0) : start()
    },
    end(): Uint8Array {
      const rest = head ? start() : new Uint8Array(0)
      // A quote that is open at the end was no quote either.
      for (;;) {
        if (!quoted) break
        breakUp()
      }
      reserve(2)
      if (record.line > 0) finish()
      return joined(rest, flush())
    },
    get records(): number {
      return records
    },
    get firstLine(): number | undefined {
      return firstLine
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
