import { Plus } from 'lucide-react'
import type { Metadata } from 'next'
import { parseListParams } from '#app/_http/list-search-params'
import { tenantPage } from '#app/_session/tenant-page'
import { FormDialog } from '#components/forms/form-dialog'
import { Page } from '#components/page'
import { ProductFields } from '#components/products/product-fields'
import { ProductsTable } from '#components/products/products-table'
import { EmptyState } from '#components/ui/empty-state'
import { ListCard } from '#components/ui/list-card'
import { PageHeader } from '#components/ui/page-header'
import * as products from '#db/product/products'
import { createProduct } from '../actions'

export const metadata: Metadata = { title: 'Products' }

export default async function ProductsPage({ searchParams }: PageProps<'/products'>) {
  const { scope, formats, db, may } = await tenantPage()
  const address = parseListParams('/products', await searchParams)
  const { q, cursor } = address
  const archived = address.pick('archived', ['yes']) !== null
  const page = await db((tx) => products.list(tx, { search: q, archived, cursor, size: 50 }))
  return (
    <Page scope={scope} width="normal">
      <PageHeader title="Products">
        {may('products:write') && (
          <FormDialog
            opener={
              <>
                <Plus aria-hidden /> New product
              </>
            }
            look="primary"
            title="New product"
            save="Create product"
            done="is on offer now."
            action={createProduct}
            goTo="/products"
          >
            <ProductFields formats={formats} />
          </FormDialog>
        )}
      </PageHeader>
      <ListCard
        path="/products"
        address={address}
        archived={archived}
        page={page}
        active="On offer"
        search={{ label: 'Search products', placeholder: 'Number or name' }}
        empty={
          <EmptyState
            title={q ? 'No product fits' : archived ? 'None is archived' : 'No products yet'}
          >
            {q
              ? 'Numbers and names are searched for all your words.'
              : archived
                ? 'Archive what you sell no more; the orders that have it stay.'
                : 'An order needs at least one product. Create the first one here.'}
          </EmptyState>
        }
      >
        <ProductsTable rows={page.rows} formats={formats} />
      </ListCard>
    </Page>
  )
}
