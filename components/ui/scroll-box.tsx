import type { ReactNode } from 'react'

/**
 * Keeps a wide table inside its card. For tables with a link in each row: by those the keyboard
 * reaches what is out of sight.
 */
export function ScrollBox({ children }: { children: ReactNode }) {
  return <div className="overflow-x-auto">{children}</div>
}
