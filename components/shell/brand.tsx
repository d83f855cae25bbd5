/** The logo: three house fronts. */
export function BrandMark({ className = 'h-5 w-auto' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 22" aria-hidden className={className}>
      <path d="M0 22 V9 L5 3.5 L10 9 V22 Z" className="fill-accent" />
      <path d="M11 22 V7 H13 V4.5 H14.5 V2.5 H17.5 V4.5 H19 V7 H21 V22 Z" className="fill-ink" />
      <path d="M22 22 V9.5 Q27 1.5 32 9.5 V22 Z" className="fill-accent" />
      <path
        d="M3.5 12 h3 v3.5 h-3 Z M14.5 10.5 h3 v3.5 h-3 Z M25.5 12 h3 v3.5 h-3 Z"
        className="fill-panel"
      />
    </svg>
  )
}

export function Brand() {
  return (
    <span className="inline-flex items-center gap-2 text-base font-semibold tracking-tight">
      <BrandMark />
      Rowhouse
    </span>
  )
}
