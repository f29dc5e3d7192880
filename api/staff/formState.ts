import { html } from 'hono/html'
import type { Html } from '../web/layout.ts'

/** A form as it was sent: what stood in its fields and what is wrong with them, by field; `form` is about all of it. */
export interface FormState {
  values: Readonly<Record<string, string>>
  errors: Readonly<Record<string, string>>
}

export const EMPTY_FORM: FormState = { values: {}, errors: {} }

/** A field with its label, a hint below it, and, once it was sent wrongly, what is to be written instead. */
export const fieldOf = (
  { values, errors }: FormState,
  name: string,
  label: string,
  options: {
    hint?: string
    type?: 'text' | 'password' | 'number'
    required?: boolean
    /** Lines of a text that has several. */
    rows?: number
    /** Value and label of each that can be chosen. */
    choices?: readonly (readonly [string, string])[]
    autocomplete?: string
  } = {},
): Html => {
  const { hint, type = 'text', required, rows, choices, autocomplete = 'off' } = options
  const error = Object.hasOwn(errors, name) ? errors[name] : undefined
  const value = type === 'password' ? '' : (values[name] ?? '')
  const told = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
  const more = html`${told && html` aria-describedby="${told}"`}${error ? html` aria-invalid="true"` : ''}${
    required ? html` required` : ''
  }`
  const input = choices
    ? html`<select id="${name}" name="${name}" ${more}>
        ${choices.map(
          ([choice, text]) =>
            html`<option value="${choice}" ${choice === value ? html` selected` : ''}>${text}</option>`,
        )}
      </select>`
    : rows
      ? html`<textarea id="${name}" name="${name}" rows="${rows}" ${more}>${value}</textarea>`
      : html`<input
          id="${name}"
          name="${name}"
          type="${type}"
          ${type === 'number' ? html`step="any"` : ''}
          autocomplete="${autocomplete}"
          value="${value}"
          ${more}
        />`
  return html`<div>
    <label for="${name}">${label}</label>
    ${input} ${hint ? html`<p class="quiet" id="${name}-hint">${hint}</p>` : ''}
    ${error ? html`<p class="staff-error" id="${name}-error">${error}</p>` : ''}
  </div>`
}

/** What is wrong with a form as a whole, above its fields; nothing when nothing is. */
export const formError = ({ errors }: FormState, title: string): Html =>
  Object.keys(errors).length === 0
    ? html``
    : html`<p class="staff-error" role="alert">${errors['form'] ?? title}</p>`

/** A secret that is shown this once. */
export const secretNote = (lead: string, lines: readonly (readonly [string, string])[]): Html =>
  html`<div class="staff-secret" role="status">
    <p>${lead}</p>
    <dl>
      ${lines.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd><code>${value}</code></dd>`,
      )}
    </dl>
  </div>`
