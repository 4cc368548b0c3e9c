/** The parts of a template as the parser gives them; those that are not here are refused by name. */
export type Node =
  | { readonly type: 'Comment' }
  | {
      readonly type: 'If'
      readonly test: Node
      readonly body: readonly Node[]
      readonly alternate: readonly Node[]
    }
  | {
      readonly type: 'For'
      readonly loopvar: Node
      readonly iterable: Node
      readonly body: readonly Node[]
      readonly defaultBlock: readonly Node[]
    }
  | {
      readonly type: 'Set'
      readonly assignee: Node
      readonly value: Node | null
      readonly body: readonly Node[]
    }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'StringLiteral' | 'Identifier'; readonly value: string }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Node[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Node, Node> }
  | {
      readonly type: 'MemberExpression'
      readonly object: Node
      readonly property: Node
      readonly computed: boolean
    }
  | { readonly type: 'CallExpression'; readonly callee: Node; readonly args: readonly Node[] }
  | {
      readonly type: 'BinaryExpression'
      readonly operator: { readonly value: string }
      readonly left: Node
      readonly right: Node
    }
  | {
      readonly type: 'UnaryExpression'
      readonly operator: { readonly value: string }
      readonly argument: Node
    }
  | { readonly type: 'FilterExpression'; readonly operand: Node; readonly filter: Node }
  | { readonly type: 'SelectExpression'; readonly lhs: Node; readonly test: Node }
  | { readonly type: 'Ternary'; readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node }
  | { readonly type: 'SliceExpression'; readonly start?: Node; readonly stop?: Node; readonly step?: Node }
  | {
      readonly type: 'KeywordArgumentExpression'
      readonly key: { readonly value: string }
      readonly value: Node
    }
