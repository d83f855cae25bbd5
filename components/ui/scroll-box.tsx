import type { ReactNode } from 'react'

/**
 * Scrolls a wide table sideways inside its card. Only for tables with a link in each row, because
 * the box itself cannot be scrolled by keyboard.
 */
export function ScrollBox({ children }: { children: ReactNode }) {
  return <div className="overflow-x-auto">{children}</div>
}
