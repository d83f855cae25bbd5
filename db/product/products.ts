import { and, asc, eq, ne, sql } from 'drizzle-orm'
import * as activity from '#db/activity/activity'
import {
  type TenantTx,
  Invalid,
  NotFound,
  newId,
  beyond,
  orderBy,
  page,
  type Cursor,
  type Page,
} from '@rowhouse/tenancy'
import { isArchived } from '#db/product/archived'
import { Conflict } from '#db/errors'
import { products } from '#db/schema/tenant'

export type ProductInput = { sku: string; name: string; priceMinor: number }
export type Product = typeof products.$inferSelect
export type ProductFilter = {
  search: string
  archived: boolean
  size: number
  cursor: Cursor | null
}

const ordering = { by: products.name, id: products.id, descending: false }
const own = (tx: TenantTx, id: string) =>
  and(eq(products.tenantId, tx.tenantId), eq(products.id, id))
const containing = (search: string) =>
  search
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => sql`strpos(lower(${products.sku} || ' ' || ${products.name}), ${word}) > 0`)

export async function list(tx: TenantTx, filter: ProductFilter): Promise<Page<Product>> {
  const rows = await tx
    .select()
    .from(products)
    .where(
      and(
        eq(products.tenantId, tx.tenantId),
        isArchived(products.archivedAt, filter.archived),
        ...containing(filter.search),
        beyond(ordering, filter.cursor),
      ),
    )
    .orderBy(...orderBy(ordering, filter.cursor))
    .limit(filter.size + 1)
  return page(rows, filter.size, filter.cursor, (row) => row.name)
}

/** The first eight products whose SKU or name contains every word, for a picker. */
export const pick = (tx: TenantTx, search: string) =>
  tx
    .select({
      id: products.id,
      sku: products.sku,
      name: products.name,
      priceMinor: products.priceMinor,
    })
    .from(products)
    .where(
      and(
        eq(products.tenantId, tx.tenantId),
        isArchived(products.archivedAt, false),
        ...containing(search),
      ),
    )
    .orderBy(asc(products.name))
    .limit(8)

export async function find(tx: TenantTx, id: string): Promise<Product | null> {
  const [found] = await tx.select().from(products).where(own(tx, id))
  return found ?? null
}

/**
 * Creates a product.
 *
 * @throws Invalid when the SKU is taken.
 */
export async function create(
  tx: TenantTx,
  input: ProductInput,
): Promise<{ id: string; name: string }> {
  const id = newId()
  await checkSku(tx, id, input.sku)
  await tx.insert(products).values({ ...input, tenantId: tx.tenantId, id })
  await activity.record(tx, 'product.created', { name: input.name, id }, { sku: input.sku })
  return { id, name: input.name }
}

/**
 * Saves an edited product.
 *
 * @param version - The version that was edited.
 * @throws NotFound, Invalid; Conflict when the product has a newer version.
 */
export async function edit(
  tx: TenantTx,
  id: string,
  version: number,
  input: ProductInput,
): Promise<{ id: string; name: string }> {
  const current = await locked(tx, id)
  if (current.version !== version) throw new Conflict(current.name, version, current.version)
  await checkSku(tx, id, input.sku)
  await tx
    .update(products)
    .set({ ...input, version: version + 1 })
    .where(own(tx, id))
  await activity.record(
    tx,
    'product.edited',
    { name: input.name, id },
    { priceMinor: { from: current.priceMinor, to: input.priceMinor } },
  )
  return { id, name: input.name }
}

/**
 * Archives or restores a product. Archived products stay in their orders and cannot be added to
 * others.
 */
export async function archive(
  tx: TenantTx,
  id: string,
  archived: boolean,
): Promise<{ id: string; name: string }> {
  const { name } = await locked(tx, id)
  await tx
    .update(products)
    .set({ archivedAt: archived ? sql`now()` : null, version: sql`${products.version} + 1` })
    .where(own(tx, id))
  await activity.record(tx, archived ? 'product.archived' : 'product.restored', { name, id })
  return { id, name }
}

async function checkSku(tx: TenantTx, id: string, sku: string) {
  const [other] = await tx
    .select({ name: products.name })
    .from(products)
    .where(and(eq(products.tenantId, tx.tenantId), eq(products.sku, sku), ne(products.id, id)))
  if (other) throw new Invalid('sku', `${sku} is the number of ${other.name} already.`)
}

async function locked(tx: TenantTx, id: string): Promise<Product> {
  const [current] = await tx.select().from(products).where(own(tx, id)).for('update')
  if (!current) throw new NotFound('this product')
  return current
}
