'use client'

import { ChevronRight } from 'lucide-react'
import type { DemoLogin } from '#db/seed/demo-logins'

/** In development: a click fills in the sign-in form. */
export function DemoLogins({ logins }: { logins: DemoLogin[] }) {
  function fill({ email, password }: DemoLogin) {
    for (const [name, value] of Object.entries({ email, password })) {
      const input = document.querySelector<HTMLInputElement>(`input[name=${name}]`)
      if (input) input.value = value
    }
    document
      .querySelector<HTMLButtonElement>('form[aria-label="Sign in"] button[type=submit]')
      ?.focus()
  }
  return (
    <section aria-labelledby="demo" className="grid gap-2 border-t border-line pt-6">
      <h2 id="demo" className="text-sm font-medium">
        Demo logins <span className="font-normal text-ink-faint">in development only</span>
      </h2>
      <ul className="-mx-2 grid">
        {logins.map((login) => (
          <li key={login.email}>
            <button
              type="button"
              onClick={() => fill(login)}
              className="group flex w-full items-center justify-between gap-3 rounded-md px-2 py-1.5 text-left hover:bg-sunken"
            >
              <span className="min-w-0">
                <span className="block truncate text-sm font-medium">{login.email}</span>
                <span className="block text-xs text-ink-faint">{login.what}</span>
              </span>
              <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-faint" />
            </button>
          </li>
        ))}
      </ul>
      <p className="text-xs text-ink-faint">
        Password: <code className="font-mono text-ink-soft">{logins[0]?.password}</code>
      </p>
    </section>
  )
}
