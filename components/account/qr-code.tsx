import { qrMatrix } from '#components/account/qr-matrix'

/**
 * A QR code as one path, dark on light in both themes, with the quiet zone that scanners need.
 * Nothing when the text is too long.
 */
export function QrCode({ text, label }: { text: string; label: string }) {
  const matrix = qrMatrix(text)
  if (!matrix) return null
  const size = matrix.length + 8
  const path = matrix
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : [])))
    .join('')
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      className="size-48 rounded-md"
    >
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}
