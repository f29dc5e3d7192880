import { html } from 'hono/html'
import type { Texts } from './texts.ts'

/** The fields that forms for accounts share. */
export const nameField = (text: Texts, value = '') =>
  html`<div>
    <label for="name">${text.name}</label>
    <input id="name" name="name" autocomplete="username" required maxlength="64" value="${value}" />
  </div>`

/** A password: a known one, or a new one, which has a least length. */
export const passwordField = (name: string, label: string, kind: 'current' | 'new') =>
  html`<div>
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="password"
      autocomplete="${kind}-password"
      required
      ${kind === 'new' ? html`minlength="10"` : ''}
      maxlength="1000"
    />
  </div>`
