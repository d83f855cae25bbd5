import { clsx } from 'clsx'

const walls = [
  'fill-brick',
  'fill-ochre',
  'fill-sage',
  'fill-slate',
  'fill-plum',
  'fill-teal',
] as const

/** SVG paths of roofs, for a wall that is 20 wide and starts at y = 10. */
const roofs = [
  'M0 10 L10 1 L20 10 Z',
  'M0 10 V6 H4 V3 H7 V0 H13 V3 H16 V6 H20 V10 Z',
  'M0 10 L3 3 H17 L20 10 Z',
  'M0 10 V5 Q10 -3 20 5 V10 Z',
] as const

export type House = {
  wall: (typeof walls)[number]
  roof: (typeof roofs)[number]
  lit: boolean[]
  doorLeft: boolean
}

/** Derives a house from a text: the same text always gives the same colour, roof and windows. */
export function houseOf(text: string): House {
  let hash = 2_166_136_261
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0
  const take = (choices: number) => {
    const rest = hash % choices
    hash = Math.floor(hash / choices)
    return rest
  }
  return {
    wall: walls[take(walls.length)] ?? walls[0],
    roof: roofs[take(roofs.length)] ?? roofs[0],
    doorLeft: take(2) === 0,
    lit: Array.from({ length: 12 }, () => take(3) !== 0),
  }
}

/** A house front, 20 wide, with storeys 9 high below the roof. */
export function Facade({ house, floors }: { house: House; floors: number }) {
  const height = 10 + floors * 9
  const door = house.doorLeft ? 3 : 12
  const window = house.doorLeft ? 12 : 3
  return (
    <>
      <path d={house.roof} className={clsx(house.wall, 'brightness-75')} />
      <rect y={10} width={20} height={height - 10} className={house.wall} />
      {Array.from({ length: floors - 1 }, (_, floor) =>
        [3, 12].map((x, side) => (
          <rect
            key={`${floor}-${x}`}
            x={x}
            y={12.5 + floor * 9}
            width={5}
            height={5.5}
            className={house.lit[floor * 2 + side] ? 'fill-glass' : 'fill-glass-off'}
          />
        )),
      )}
      <rect
        x={window}
        y={height - 6.5}
        width={5}
        height={4}
        className={house.lit[11] ? 'fill-glass' : 'fill-glass-off'}
      />
      <rect x={door} y={height - 7} width={5} height={7} className="fill-ink opacity-70" />
    </>
  )
}

/** The logo of a tenant. */
export function TenantMark({ tenantId, className }: { tenantId: string; className?: string }) {
  return (
    <svg viewBox="0 0 20 28" aria-hidden className={clsx('shrink-0', className ?? 'h-7 w-5')}>
      <Facade house={houseOf(tenantId)} floors={2} />
    </svg>
  )
}
