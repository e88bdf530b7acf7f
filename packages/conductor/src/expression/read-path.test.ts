import type { Json } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePath } from './parse-path.js'
import { readPath, rootOf } from './read-path.js'

const shop: Json = {
  books: [
    { title: 'Alpha', price: 8, tags: ['old', 'red'], stock: { north: 1 } },
    { title: 'Beta', price: 12.5, tags: [], isbn: '7' },
    { title: 'gamma', price: 30, tags: ['new'], note: null },
  ],
  nested: [
    [1, 2],
    [3, 4],
  ],
  limit: 10,
  name: 'corner',
  'odd key': { 'a.b': 1, "it's": 2 },
  empty: {},
}

function read(text: string): Json {
  const path = parsePath(text)
  expect(path, `${text} is a path`).not.toBe(null)
  return path && readPath(path, rootOf(shop))
}

describe('names and indexes', () => {
  it.each<[string, Json]>([
    ['name', 'corner'],
    ['$.name', 'corner'],
    ['books[0].title', 'Alpha'],
    ['books[-1].title', 'gamma'],
    ['books[-9].title', null],
    ['books[3]', null],
    ['books.title', null],
    ['name.length', null],
    ["['odd key']['a.b']", 1],
    ["$['odd key']['a.b']", 1],
    ['$["odd key"]["it\'s"]', 2],
    ["$['odd key']['it\\'s']", 2],
    ["$.['name']", 'corner'],
    ['books[0]title', 'Alpha'],
    ['books[ 0 ].title', 'Alpha'],
    ["books[0]['title','price','none']", { title: 'Alpha', price: 8 }],
    ['name  ', 'corner'],
  ])('%s is %j', (text, value) => {
    expect(read(text)).toEqual(value)
  })
})

describe('paths to many', () => {
  it.each<[string, Json]>([
    ['books[*].title', ['Alpha', 'Beta', 'gamma']],
    ['books[*].isbn', ['7']],
    ['nested[*][1]', [2, 4]],
    [
      'nested.*',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['books[0,2].title', ['Alpha', 'gamma']],
    ['books[1:].price', [12.5, 30]],
    ['books[:1].price', [8]],
    ['books[:-1].price', [8, 12.5]],
    ['books[-1:].price', [30]],
    ['books[0:2].price', [8, 12.5]],
    ['nested[0][-1:1]', [2, 1]],
    [
      "books[*]['title','price']",
      [
        { title: 'Alpha', price: 8 },
        { title: 'Beta', price: 12.5 },
        { title: 'gamma', price: 30 },
      ],
    ],
    ["books[0]['tags','stock'].*", ['old', 'red', 1]],
    ['$..price', [8, 12.5, 30]],
    ['books..north', [1]],
    ['$..tags[0]', ['old', 'new']],
    ['nested..[0]', [[1, 2], 1, 3]],
    ['limit[*]', []],
    ['limit[0:1]', []],
    ['nope[*].x', []],
  ])('%s is %j', (text, value) => {
    expect(read(text)).toEqual(value)
  })
})

describe('filters', () => {
  const titles = (condition: string) => read(`books[?(${condition})].title`)

  it.each<[string, readonly string[]]>([
    ['@.price < 10', ['Alpha']],
    ['@.price<=12.5', ['Alpha', 'Beta']],
    ['@.price > $.limit', ['Beta', 'gamma']],
    ['@.price >= 12.5 && @.price < 20', ['Beta']],
    ['@.price == 8 || @.price == 30', ['Alpha', 'gamma']],
    ['@.price == 8 || @.price > 9 && @.price < 20', ['Alpha', 'Beta']],
    ['(@.price == 8 || @.price > 9) && @.isbn', ['Beta']],
    ["@.title == 'Beta'", ['Beta']],
    ['@.title != "Beta"', ['Alpha', 'gamma']],
    ["@['title'] > 'B'", ['Beta', 'gamma']],
    ['@.isbn', ['Beta']],
    ['!@.isbn', ['Alpha', 'gamma']],
    ['!(@.price > 10)', ['Alpha']],
    ['@.note', ['gamma']],
    ['@.note == null', ['Alpha', 'Beta', 'gamma']],
    ['@.isbn == 7', ['Beta']],
    ["@.price == '8.0'", ['Alpha']],
    ['@.isbn === 7', []],
    ["@.isbn !== '7'", ['Alpha', 'gamma']],
    ["@.title in ['Alpha', 'gamma']", ['Alpha', 'gamma']],
    ["@.title nin ['Alpha', 'gamma']", ['Beta']],
    ["@.title IN ['Beta']", ['Beta']],
    ["@.tags contains 'red'", ['Alpha']],
    ["@.title contains 'a'", ['Alpha', 'Beta', 'gamma']],
    ["@.tags subsetof ['old','red','blue']", ['Alpha', 'Beta']],
    ["@.tags anyof ['new','blue']", ['gamma']],
    ["@.tags noneof ['new','blue']", ['Alpha', 'Beta']],
    ["@.tags all ['old']", ['Alpha']],
    ['@.tags size 2', ['Alpha']],
    ['@.title size 5', ['Alpha', 'gamma']],
    ['@.tags empty true', ['Beta']],
    ['@.tags empty false', ['Alpha', 'gamma']],
    ['@.title =~ /[a-m].*/i', ['Alpha', 'Beta', 'gamma']],
    ['@.title =~ /.*ta/', ['Beta']],
    ['@.tags =~ /n.w/', ['gamma']],
    ['/.*a/ =~ @.title', ['Alpha', 'Beta', 'gamma']],
    ['@.tags.length() > 1', ['Alpha']],
    ["@.tags[0] == 'old'", ['Alpha']],
    ["@.stock == {'north': 1}", ['Alpha']],
    ["@.tags == ['new']", ['gamma']],
    ['@.price in $.nested[0]', []],
    ['@.price==8&&@.title', ['Alpha']],
    ['true == true', ['Alpha', 'Beta', 'gamma']],
  ])('%s chooses %j', (condition, chosen) => {
    expect(titles(condition)).toEqual(chosen)
  })

  it('test an object by itself, and each object below `..` once', () => {
    expect(read("$['odd key'][?(@['a.b'] == 1)]")).toEqual([{ 'a.b': 1, "it's": 2 }])
    expect(read('$..[?(@.price > 20)].title')).toEqual(['gamma'])
    expect(read('nested[*][?(@ > 2)]')).toEqual([3, 4])
    expect(read('books[?(@.tags[?(@ == "new")])].title')).toEqual(['gamma'])
  })
})

describe('functions', () => {
  it.each<[string, Json]>([
    ['books.length()', 3],
    ['books.size()', 3],
    ['empty.length()', 0],
    ['name.length()', null],
    ['empty.keys()', []],
    ['books[0].keys()', ['title', 'price', 'tags', 'stock']],
    ['nested[1].sum()', 7],
    ['nested[1].avg()', 3.5],
    ['nested[1].min()', 3],
    ['nested[1].max()', 4],
    ['nested[0].stddev()', 0.5],
    ['nested[0].sum($.limit, 2)', 15],
    ['nested.sum()', null],
    ['nested[0].first()', 1],
    ['nested[0].last()', 2],
    ['nested[0].index(1)', 2],
    ['nested[0].index(-2)', 1],
    ['books.first().title', 'Alpha'],
    ['books.first().none', null],
    ['books[0].tags.concat()', 'oldred'],
    ['$.concat($.name, "-", $.limit)', 'corner-10'],
    ['nested[0].append(9)', [1, 2, 9]],
    ['$.sum($..price)', 50.5],
    ['$..price.sum()', 50.5],
    ['$..price.max()', 30],
    ['$.length($.books)', 3],
    ['books[*].tags.length()', [2, 0, 1]],
    ['books.nonsense()', null],
  ])('%s is %j', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('do not change the document', () => {
    read('nested[0].append(9)')
    expect(read('nested[0]')).toEqual([1, 2])
  })
})

describe('texts that are no paths', () => {
  it.each([
    '',
    ' ',
    ' name',
    '$name',
    'a.',
    'a..',
    'a...b',
    'a b',
    'a[',
    'a[b]',
    'a[]',
    'a[:]',
    'a[1:2:3]',
    'a[0',
    "a['x]",
    "a['x'",
    "a['x' 'y']",
    'a[?(@.x]',
    'a[?(@.x == )]',
    'a[?(@.x foo 1)]',
    'a[?(@.x == word)]',
    'a[?(1)]',
    'a[?(@.x =~ /(?=a)/)]',
    'a[?(@.x =~ /(a)\\1/)]',
    'a.f(',
    'a.f(1',
    `a[?(${'('.repeat(100)}@.x${')'.repeat(100)})]`,
    'x'.repeat(10_000),
  ])('%j', text => {
    expect(parsePath(text)).toBe(null)
  })

  it('are refused without an error, whatever they are', () => {
    const pieces = fc.constantFrom(
      '$',
      '@',
      '.',
      '..',
      '[',
      ']',
      '(',
      ')',
      '?',
      '*',
      "'",
      '"',
      '/',
      '\\',
      ',',
      ':',
      '==',
      '=~',
      '&&',
      '||',
      '!',
      'in',
      'a',
      '1',
      '-',
      ' ',
      '{',
      '}',
      'true',
      'size',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 30 }).map(parts => parts.join('')),
        ),
        text => {
          const path = parsePath(text)
          if (path !== null) readPath(path, rootOf(shop))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('bounds', () => {
  it('gives null when a path looks at too much', () => {
    const path = parsePath(`$${'..*'.repeat(8)}`)
    expect(path && readPath(path, rootOf(nestedLists(60))) === null).toBe(true)
  })

  it('gives null when a document is too deep to descend', () => {
    const path = parsePath('$..x')
    expect(path && readPath(path, rootOf(nestedLists(20_000)))).toBe(null)
  })
})

function nestedLists(depth: number): Json {
  let value: Json = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}
