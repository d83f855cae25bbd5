import { z } from 'zod'
import { listQuery, namedSchemas } from '#app/api/v1/schemas'

export const dynamic = 'force-static'

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (name: string, description: string, type = 'application/json') => ({
  description,
  content: { [type]: { schema: reference(name) } },
})
const problem = (description: string) => json('Problem', description, 'application/problem+json')
const commonResponses = {
  401: problem('No valid key.'),
  404: problem('Not found. The orders of other organisations are not found either.'),
  429: problem('Too many calls. Retry-After has the seconds to wait.'),
}

const { schemas } = z.toJSONSchema(namedSchemas, {
  io: 'input',
  uri: (id) => `#/components/schemas/${id}`,
})
const named = Object.fromEntries(
  Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]),
)
const parameters = Object.entries(z.toJSONSchema(listQuery, { io: 'input' }).properties ?? {}).map(
  ([name, schema]) => ({ name, in: 'query', required: false, schema }),
)

const document = {
  openapi: '3.1.0',
  info: {
    title: 'Rowhouse API',
    version: '1',
    description:
      'Orders of one organisation. A key belongs to a member and has at most the permissions of that member.',
  },
  servers: [{ url: '/' }],
  security: [{ key: [] }],
  paths: {
    '/api/v1/orders': {
      get: {
        operationId: 'listOrders',
        summary: 'Newest orders first',
        parameters,
        responses: {
          200: json('OrderPage', 'A page of orders.'),
          400: problem('A parameter is invalid.'),
          ...commonResponses,
        },
      },
      post: {
        operationId: 'createOrder',
        summary: 'Create an order',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: reference('NewOrder') } },
        },
        responses: {
          201: json('CreatedOrder', 'The order was created.'),
          400: problem('A field is invalid.'),
          403: problem('This key may only read.'),
          ...commonResponses,
        },
      },
    },
    '/api/v1/orders/{id}': {
      get: {
        operationId: 'getOrder',
        summary: 'One order with lines and history',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
        ],
        responses: { 200: json('Order', 'The order.'), ...commonResponses },
      },
    },
  },
  components: {
    securitySchemes: {
      key: {
        type: 'http',
        scheme: 'bearer',
        description: 'An API key from the organisation’s settings.',
      },
    },
    schemas: named,
  },
}

export const GET = () =>
  Response.json(document, { headers: { 'cache-control': 'public, max-age=300' } })
