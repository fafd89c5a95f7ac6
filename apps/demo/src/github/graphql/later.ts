// What GitHub's schema has got since the package with it was published, as far as clients ask for it. When
// the package has it, this goes.

/** https://docs.github.com/graphql/reference: issue types, dependencies, and assignees that may be no users */
export const LATER = `
extend type Issue {
  assignedActors(after: String, before: String, first: Int, last: Int): AssigneeConnection!
  issueType: IssueType
  blockedBy(after: String, before: String, first: Int, last: Int): IssueConnection!
  blocking(after: String, before: String, first: Int, last: Int): IssueConnection!
}
extend type PullRequest {
  assignedActors(after: String, before: String, first: Int, last: Int): AssigneeConnection!
}
type AssigneeConnection {
  edges: [AssigneeEdge]
  nodes: [Assignee]
  pageInfo: PageInfo!
  totalCount: Int!
}
type AssigneeEdge {
  cursor: String!
  node: Assignee
}
extend type Repository {
  suggestedActors(
    after: String
    before: String
    first: Int
    last: Int
    capabilities: [RepositorySuggestedActorFilter!]!
    loginNames: String
    query: String
  ): ActorConnection!
}
type ActorConnection {
  edges: [ActorEdge]
  nodes: [Actor]
  pageInfo: PageInfo!
  totalCount: Int!
}
type ActorEdge {
  cursor: String!
  node: Actor
}
enum RepositorySuggestedActorFilter { CAN_BE_ASSIGNED CAN_BE_AUTHOR }
extend type Mutation {
  replaceActorsForAssignable(input: ReplaceActorsForAssignableInput!): ReplaceActorsForAssignablePayload
}
input ReplaceActorsForAssignableInput {
  actorIds: [ID!]
  actorLogins: [String!]
  assignableId: ID!
  clientMutationId: String
}
type ReplaceActorsForAssignablePayload {
  assignable: Assignable
  clientMutationId: String
}
type IssueType implements Node {
  id: ID!
  name: String!
  description: String
  color: IssueTypeColor!
  isEnabled: Boolean!
  isPrivate: Boolean!
}
enum IssueTypeColor { BLUE GRAY GREEN ORANGE PINK PURPLE RED YELLOW }
`;
