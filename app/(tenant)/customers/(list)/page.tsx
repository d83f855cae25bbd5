import { Plus } from 'lucide-react'
import type { Metadata } from 'next'
import { parseListParams } from '#app/_http/list-search-params'
import { tenantPage } from '#app/_session/tenant-page'
import { CustomerFields } from '#components/customers/customer-fields'
import { CustomersTable } from '#components/customers/customers-table'
import { FormDialog } from '#components/forms/form-dialog'
import { Page } from '#components/page'
import { EmptyState } from '#components/ui/empty-state'
import { ListCard } from '#components/ui/list-card'
import { PageHeader } from '#components/ui/page-header'
import * as customers from '#db/product/customers'
import { createCustomer } from '../actions'

export const metadata: Metadata = { title: 'Customers' }

export default async function CustomersPage({ searchParams }: PageProps<'/customers'>) {
  const { scope, formats, db, may } = await tenantPage()
  const address = parseListParams('/customers', await searchParams)
  const { q, cursor } = address
  const archived = address.pick('archived', ['yes']) !== null
  const page = await db((tx) => customers.list(tx, { search: q, archived, cursor, size: 50 }))
  const create = may('customers:write') && (
    <FormDialog
      opener={
        <>
          <Plus aria-hidden /> New customer
        </>
      }
      look="primary"
      title="New customer"
      save="Create customer"
      done="is a customer now."
      action={createCustomer}
      goTo="/customers"
    >
      <CustomerFields />
    </FormDialog>
  )
  return (
    <Page scope={scope} width="normal">
      <PageHeader title="Customers">{create}</PageHeader>
      <ListCard
        path="/customers"
        address={address}
        archived={archived}
        page={page}
        active="In use"
        search={{ label: 'Search customers', placeholder: 'Name or e-mail address' }}
        empty={
          <EmptyState
            title={q ? 'No customer fits' : archived ? 'None is archived' : 'No customers yet'}
          >
            {q
              ? 'Names and e-mail addresses are searched for all your words.'
              : archived
                ? 'Archive a customer who orders no more; the orders stay.'
                : 'Create the first one here, or while you write an order.'}
          </EmptyState>
        }
      >
        <CustomersTable rows={page.rows} formats={formats} />
      </ListCard>
    </Page>
  )
}
