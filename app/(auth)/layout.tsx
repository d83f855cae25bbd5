import type { ReactNode } from 'react'
import { Brand } from '#components/shell/brand'
import { Street } from '#components/shell/street'

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr] bg-panel lg:grid-cols-[minmax(26rem,5fr)_7fr] lg:grid-rows-1">
      <aside
        aria-label="What Rowhouse is"
        className="relative order-last hidden overflow-hidden border-l border-line bg-sunken lg:grid lg:grid-rows-[1fr_auto]"
      >
        <p className="max-w-2xl self-center px-12 text-3xl font-semibold tracking-tight text-balance xl:px-20">
          One street, many houses.{' '}
          <span className="block text-ink-faint">Everybody has their own key.</span>
        </p>
        <Street className="h-[38dvh] w-full" />
      </aside>
      <Street className="h-24 w-full bg-sunken pt-4 lg:hidden" />
      <main className="mx-auto grid w-full max-w-sm content-start gap-8 px-6 py-8 lg:content-center lg:py-16">
        <Brand />
        {children}
      </main>
    </div>
  )
}
