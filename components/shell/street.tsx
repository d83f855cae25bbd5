import { Facade, houseOf } from '#components/shell/facade'

const fronts = [
  'acme',
  'globex',
  'initech',
  'hooli',
  'umbrella',
  'stark',
  'wonka',
  'tyrell',
  'wayne',
  'cyberdyne',
  'soylent',
  'aperture',
  'monarch',
  'vandelay',
]
const floors = [4, 3, 5, 4, 3, 4, 5, 3, 4, 4, 3, 5, 4, 3]
const width = 21

/** A row of houses, with lit windows in the dark theme. */
export function Street({
  className,
  houses = fronts.length,
}: {
  className?: string
  houses?: number
}) {
  return (
    <svg
      viewBox={`0 0 ${houses * width - 1} 58`}
      preserveAspectRatio="xMidYMax slice"
      aria-hidden
      className={className}
    >
      {fronts.slice(0, houses).map((name, i) => (
        <g key={name} transform={`translate(${i * width} ${57 - 10 - (floors[i] ?? 3) * 9})`}>
          <Facade house={houseOf(name)} floors={floors[i] ?? 3} />
        </g>
      ))}
      <rect y={57} width="100%" height={1} className="fill-pavement" />
    </svg>
  )
}
