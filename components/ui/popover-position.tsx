type PopoverPosition = { side: 'start' | 'end'; above?: boolean }

/**
 * Positions a popover at its button, or above it when there is little room below. It sets properties
 * instead of a style attribute, which the content security policy forbids.
 */
export function positionPopover(
  opener: HTMLElement | null,
  panel: HTMLElement | null,
  { side, above = false }: PopoverPosition,
) {
  if (!opener || !panel) return
  const at = opener.getBoundingClientRect()
  const [width, height] = [document.documentElement.clientWidth, window.innerHeight]
  const up = above || at.bottom > height * 0.72
  const fromStart = side === 'start' ? at.left < width - 240 : at.right < 240
  Object.assign(panel.style, {
    top: up ? 'auto' : `${at.bottom + 6}px`,
    bottom: up ? `${height - at.top + 6}px` : 'auto',
    left: fromStart ? `${Math.max(8, side === 'start' ? at.left : 8)}px` : 'auto',
    right: fromStart ? 'auto' : `${Math.max(8, width - at.right)}px`,
  })
}
