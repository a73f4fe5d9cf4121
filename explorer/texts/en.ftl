### Every word that the pages say of their own, in English. zh.ftl says the same in Chinese, key by key.

## The frame
skip = Skip to the content
nav-main = Main
nav-place = Place
other-language = 中文
directory = Directory
search = Search
search-label = Search the directory
search-short = Name, code, field or department
search-long = Name, code, field, department, block or transaction
search-title = Search: { $value }
past = You are looking at the past.
past-as-of = The directory as it stood at
past-leave = Show it as it is now
point-asked = Asked for as of
holds-for = Holds for block
at-label = As of
at-placeholder = Height, or 2026-03-01 12:00
at-show = Show
at-hint = A block height, or a time; without an offset it is taken as UTC+8. A day, an hour or a minute stands for its end.
glance = At a glance
fact-value = Value
filter = Filter
look-for-it = Look for it
told-in-english = The node says:
begin-home = Begin at the home page
only-some = Only the first { $count } are shown.
only-first = Only the first { $count } are shown; the CSV has all.
json-lists-all = The JSON answer lists all.
look-further = Look further
none-recorded = none recorded
none-cited = none cited
not-stated = not stated
nobody = nobody
no-bound = no bound
parameters-unknown = This page takes no { $value } in its address and passes over it, so it may show more than was meant.
parameters-taken = It takes { $value }.
at-most = at most { $value }

## Times and spans
time = Time
until = until
span-seconds = { $count } s
span-minutes = { $count } min
span-hours = { $count } h
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}

## Home
home-lead = Which department owns which data, who may read it, on what basis, and since when.
counted-at = Counted at block
ready = Ready
not-ready = Not ready
unready = This node is not ready, and what it shows as the present may be old:
waiting-transactions = Waiting transactions
genesis = genesis
chain-id = Chain id
members = Members
members-vote = { $count ->
    [one] { $count } department votes; a block needs { $total } of them.
   *[other] { $count } departments vote; a block needs { $total } of them.
}
recent-blocks = Recent blocks
all-blocks = All blocks

## Resources
resources = Entries
entry = Entry
entries = Entries
name = Name
code = Code
id = Id
number = No.
provider = Provider
responsibility = Responsibility
responsibilities = Responsibilities
legal-basis = Legal basis
sharing = Sharing type
sharing-method = Sharing method
sensitivity = Sensitivity level
category = Category
form = Form
update-cycle = Update cycle
openness = Openness
abstract = Abstract
field = Field
fields = Fields
fields-count = { $count ->
    [one] { $count } field
   *[other] { $count } fields
}
fields-none = No field is listed yet.
field-gone = no longer listed
of-field = of field { $value }
type = Type
state = State
version = Version
version-number = Version { $value }
version-changed = Changed in it
concerns = for
handed-to-nobody = nobody: it ends
fields-asked = Fields asked for
fields-granted = Fields granted
granted-fields = granted: { $value }
fields-of = { $count ->
    [one] field { $value }
   *[other] fields { $value }
}
provides-none-itself = It provides no entry itself; its sub-units may.
versions = Versions
in-force = in force
in-force-from = In force from
in-force-to = To
amendment-written = An amendment is being written
version-stays = The version in force stays in force until then.
still-lacks = Still lacks:
further-metadata = Further metadata
related = Related
fields-and-readers = Fields, and who may read them
may-read = May read
judged-for = Judged for
nothing-in-force = Nothing is in force, so only the provider may read.
every-department = Every active department
unconditional-in = unconditional in version { $value }
basis-owner = provides it
basis-sub-unit = its sub-unit provides it
basis-owner-lapsed = its responsibility has ended
too-many-readers = Too many to list here: see the JSON answer
key-stolen = key reported stolen
found-none = No entry fits. Try fewer or other words, or clear a filter.
found-none-so-far = Nothing fits among the entries looked at so far.
more-entries = More entries
direct-match = Direct match

## Departments and responsibilities
department = Department
departments = Departments
departments-none = No department fits.
departments-by-id = Departments by id
name-or-id = Name or id
offices = Offices
status = Status
status-since = Status since
administrative-level = Administrative level
region = Region
credit-code = Credit code
sub-units = Sub-units
sub-unit-of = Sub-unit of
sub-unit-of-named = sub-unit of { $value }
entries-provided = Entries provided
granted-to-it = Authorizations held
provides-hint = What its sub-units provide is among all entries it provides.
owes-hint = What its sub-units owe stands among the deadlines, which list it with them.
responsibilities-none = No responsibility is declared.
in-effect = In effect
in-effect-since = In effect since
ended = Ended
holder = Holder
earlier-holders = Held before by
full-text-hash = Hash of the full text
cited-by = Entries that cite it
cited-by-none = No entry cites it.
owes = Owes an answer
owes-none = Nothing waits for it.
provides = Provides
provides-none = It provides no entry.
provides-all = All entries it provides
reads = Authorizations it holds
reads-hint = It may also read whatever is shared unconditionally.
reads-none = Nothing was granted to it.
applications-made = its applications
grants = Authorizations it granted
grants-none = It granted nothing on what it provides.
applications-to = applications for what it provides
keys = Keys
keys-none = It has no key of its own.
key = Key
public-key = Public key
role = Role
valid-from = Valid from
key-valid = Valid
key-revoked = Revoked
key-suspect-since = reported stolen since block #{ $value }

## Sharing
application = Application
applications = Applications
applications-none = Nobody applied for this entry.
application-number = Application { $value }
authorization = Authorization
authorizations = Authorizations
authorizations-none = Nobody was granted anything on this entry.
authorization-number = Authorization { $value }
applicant = Applicant
reader = Reader
purpose = Purpose
scene = Scene
purpose-and-scene = Purpose and scene
for-responsibility = For the responsibility
window = Window
calls-per-day = Calls a day
submitted-at = Submitted
decided-at = Decided
granted-at = Granted
signed-with = Signed with
active-periods = Active

## History
history = History
history-none = Nothing is recorded yet.
acts = What it did
acts-hint = Whatever its keys signed, newest first; below, what happened to its own record.
earlier-events = Earlier events
trail-count = { $count ->
    [one] { $count } event. The chain of events ends in
   *[other] { $count } events, newest first. The chain of them ends in
}

## Blocks and transactions
block = Block
block-number = Block #{ $value }
blocks = Blocks
blocks-none = There is no block yet: the chain stands at its genesis.
blocks-newest-first = Blocks, newest first
earlier-blocks = Earlier blocks
block-empty = An empty block: nothing changed.
height = Height
hash = Hash
parent = Parent
built-by = Built by
in-round = in round { $value }
state-root = State root
transactions-root = Transactions root
header-log-root = Header log root
validators-hash = Validators hash
next-validators-hash = Next validators hash
rules-version = Rules version
certificate = Certificate
certificate-signed = { $total ->
    [one] { $count } of { $total } member signed,
   *[other] { $count } of { $total } members signed,
}
certificate-quorum = { $count ->
    [one] { $count } is needed.
   *[other] { $count } are needed.
}
certificate-none = This node does not keep the certificate of this block.
member-index = member { $value }
node = Node
network-key = Network key
consensus-key = Voting key
contradiction = Contradiction
signed-two-votes = two different votes in one step
signed-two-proposals = two different proposals in one round
round = Round
first-signed = First signed
second-signed = Then signed
for-no-block = for no block
signature = Signature
transaction = Transaction
transactions = Transactions
transactions-first = The first { $count } of { $total }.
transactions-in-order = { $count ->
    [one] { $count } transaction
   *[other] { $count } in the order of their execution
}
actions = Actions
action = Action
as-signed = As it was signed
decided-on = Decided on revision
actions-in-all = { $count ->
    [one] { $count } action in all
   *[other] { $count } actions in all
}
actions-first = The first { $count } of { $total }.
signed-by = Signed by
sequence = Sequence number
valid-until = Valid until
outcome = Outcome
outcome-waiting = Waits for a block
outcome-committed = Took effect
outcome-refused = Refused
place-in-block = place { $value } in its block
rule = rule { $value }

## Codes: catalogue
resource-draft = Draft
resource-submitted = Submitted
resource-returned = Returned
resource-published = Published
resource-withdrawn = Withdrawn
withdrawal-pending = A withdrawal is proposed
narrowing-pending = An amendment that shares less is proposed
draft-written = Being written
draft-submitted = Submitted, waits for publication
draft-returned = Returned by the steward
sharing-unconditional = Unconditional
sharing-conditional = Conditional
sharing-not-shared = Not shared
category-base = Base
category-theme = Theme
category-business = Business
kind-table = Table
kind-interface = Interface
kind-file = File
kind-certificate = Certificate
method-exchange = Exchange
method-query = Query
method-download = Download
method-offline = Offline
openness-open = Open
openness-conditional = Open on conditions
openness-closed = Not open
cycle-real-time = Real time
cycle-daily = Daily
cycle-weekly = Weekly
cycle-monthly = Monthly
cycle-quarterly = Quarterly
cycle-half-yearly = Half-yearly
cycle-yearly = Yearly
cycle-rarer = Every two years or more
cycle-irregular = Irregular
level-one = Level 1 of 4
level-two = Level 2 of 4
level-three = Level 3 of 4
level-four = Level 4 of 4
lack-responsibility = the responsibility
lack-abstract = the abstract
lack-category = the category
lack-kind = the form
lack-fields = fields
lack-sharing = the sharing type
lack-condition = the sharing condition
lack-legal-basis = the legal basis for not sharing
lack-method = the sharing method
lack-openness = the openness
lack-update-cycle = the update cycle
lack-level = the sensitivity level

## Codes: departments and sharing
department-active = Active
department-suspended = Suspended
department-dissolved = Dissolved
administrative-national = National
administrative-province = Province
administrative-city = City
administrative-county = County
administrative-township = Township
office-registrar = Registrar
office-steward = Steward
office-steward-deputy = Steward’s deputy
office-inspectorate = Inspectorate
office-standards = Standards
office-operations = Operations
role-head = Head
role-administrator = Administrator
role-operator = Operator
role-gateway = Gateway
role-inspector = Inspector
responsibility-transferred = Transferred
responsibility-split = Split
responsibility-abolished = Abolished
application-submitted = Waits
application-granted = Granted
application-refused = Refused
application-taken-back = Taken back
application-needs-more = Waits for the applicant
application-in-review = In review
application-disputed = Disputed
authorization-in-force = In force
authorization-not-begun = Not begun
authorization-expired = Expired
authorization-ended-early = Ended early
authorization-suspended = Suspended
suspended = Suspended
authorization-not-held = Responsibility no longer held
authorization-reader-not-active = No effect: its reader is not active
provider-not-active = The provider is suspended or dissolved: it does not read as the owner, and cannot decide.
readers-of-field = The same as of field { $value }
end-revoked = revoked by the provider
end-given-up = given up by the reader
end-resource-withdrawn = the entry was withdrawn
end-superseded = superseded by another authorization
node-validator = Validator
node-observer = Observer

## Actions, by their names in the ledger
action-register-department = Department registered
action-register-key = Key registered
action-revoke-key = Key revoked
action-suspect-key = Key reported stolen
action-declare-responsibility = Responsibility declared
action-abolish-responsibility = Responsibility abolished
action-draft-resource = Entry drafted
action-submit-resource = Entry submitted
action-return-resource = Entry returned
action-publish-resource = Entry published
action-withdraw-resource = Entry withdrawn
action-apply = Application made
action-take-back-application = Application taken back
action-grant = Application granted
action-refuse = Application refused
action-end-authorization = Authorization ended
action-register-node = Node registered
action-remove-node = Node removed
action-amend-node = Node’s keys or addresses changed
action-mark-ready = Node ready to vote
action-report-equivocation = Contradiction of a node proven
action-suspend-authorization = Authorization suspended
action-resume-authorization = Suspension lifted
action-confirm-holder = New holder confirmed

## Whoever has no token
token-who = This node answers those to whom its operator gave an access token.
token-how = Open the address once more. The browser then asks for a name and a password: the name may be anything, the password is the token.
token-again = Log in
token-other = Give another token
token-none = Whoever has no token asks this node’s operator for one that reads.

## Problems, by their codes
problem-bad-parameter = A parameter is not valid
problem-bad-path = The address is not valid
problem-bad-cursor = The cursor leads nowhere
problem-at-in-the-future = That point is in the future
problem-at-before-genesis = That point is before the chain began
problem-no-such-time = There is no such time
problem-too-broad = The question is too broad
problem-no-such-route = There is nothing at this address
problem-no-such-record = The ledger has no such record
problem-no-such-block = The chain has no such block
problem-no-such-transaction = This node does not know the transaction
problem-height-unavailable = This node does not keep that height
problem-method-not-allowed = The address does not take this method
problem-uri-too-long = The address is too long
problem-malformed-question = The question is not valid
problem-token-needed = A token is needed
problem-token-forbids = The token does not open this
problem-idempotency-key-in-use = The same request is under way
problem-idempotency-key-reused = The key stands for another request
problem-too-many-requests = Too many requests
problem-internal = The node made a mistake
problem-state-unreadable = The node cannot read its state
problem-busy = The node is busy
problem-joining = The node is joining the chain
problem-stopping = The node is stopping
problem-took-too-long = The answer took too long

## The interface for programs
interface = Interface for programs
interface-required = required
interface-question = A question:
interface-example = An answer:
interface-problems = Problems
interface-meaning = Meaning
interface-refusals = Errors are problem documents (RFC 9457); their type is urn:dirchain:problem: and one of these codes, or, with status 422, a rule's own.
interface-document = The document in OpenAPI 3.1
interface-status = HTTP status

## Searching
facets = Narrow down
clear = clear
page-before = Page before
search-near = Nothing fits “{ $value }” as it is written. These come near.
search-building = The search index is being made: { $count } records so far. Until it is ready, up to { $total } entries are looked at one after another.
search-broken = The search index is not at hand. Up to { $count } entries are looked at one after another.
search-ahead = The search index does not know this block yet. Up to { $count } entries are looked at one after another.
suggest-found = { $count ->
    [one] { $count } entry fits.
   *[other] { $count } entries fit.
}
suggest-near = { $count ->
    [one] { $count } entry comes near.
   *[other] { $count } entries come near.
}
suggest-all = Show all

## Network and node
network = Network
nodes = Nodes
epoch = Epoch { $value }
node-health = This node’s health
warnings = To look at
warning-own-clock-behind = This node’s clock is about { $count } s behind those of { $value }. Set it (NTP).
warning-own-clock-ahead = This node’s clock is about { $count } s ahead of those of { $value }. Set it (NTP).
warning-other-clock-behind = The clock of { $value } is about { $count } s behind this node’s. One of the two is wrong.
warning-other-clock-behind-at-least = The clock of { $value } is at least { $count } s behind this node’s. One of the two is wrong.
warning-other-clock-ahead = The clock of { $value } is about { $count } s ahead of this node’s. One of the two is wrong.
warning-standstill = Block #{ $value } is not decided.
warning-standstill-since = Something has waited for it since { $value }.
warning-standstill-round = It is in round { $value }.
warning-silent = No vote came lately of: { $value }.
warning-against = Voted for nothing when a block was proposed that this node finds valid: { $value }.
warning-without-proposal = Proposed nothing in their turn: { $value }.
parameters = Parameters
heartbeat = Heartbeat
purposes = Purposes
admitted = Admitted
addresses = Addresses
seen-from-here = Seen from this node
up = Up
not-heard = Not heard
mode = Part
mode-validator = It votes.
mode-observer = It follows and serves, without a vote.
mode-following = It does not vote for now.
sync = Blocks
sync-caught-up = It has every block it heard of.
kept-past = Past
kept-past-whole = It has the whole chain.
kept-past-begins = It began with a snapshot and answers from #{ $value } on.
kept-past-next = It fetches what came before, now at #{ $value }.
sync-catching-up = It fetches blocks up to #{ $value }.
search-index = Search index
search-index-ready = Holds the directory at every height up to block #{ $value }.
search-index-building = Being made: { $count } records so far.
search-index-broken = Not at hand
disk = On disk
uptime = Running for
software = Program
peers = Other nodes
peers-none = This node knows no other.
last-heard = Last heard of
received = Received
sent = Sent
dropped = Dropped

## Home: what happens
now = Now
tip-age = since the last block
members-up = members up
lag = blocks behind
today = Today
latest = Newest
since = since
today-none = Nothing has happened yet.
blocks-count = { $count ->
    [one] { $count } block
   *[other] { $count } blocks
}
live-new = New block

## Who shares with whom
who-shares = Who shares with whom
who-shares-short = Sharing
sharing-around = Sharing around { $value }
sharing-around-hint = On the left, whose data it reads; on the right, who reads what it provides. Lines carry the number of authorizations in force.
sharing-resource-hint = Provider, entry, and who may read it by authorization. Lines carry the number of fields.
sharing-none = No authorization.
sharing-cut = There are more authorizations than were summed up here.
picture = Picture
picture-hint = Departments as boxes, authorizations as lines; the table below says the same.
picture-open = Show the neighbours of { $value } too
picture-close = Show the neighbours of { $value } no more
picture-left-out = { $count ->
    [one] One department is left out here; the table lists it.
   *[other] { $count } departments are left out here; the table lists them.
}
as-table = As a table
as-picture = as a picture
matrix = Matrix of departments
matrix-hint = Rows provide, columns read: { $count ->
    [one] { $count } authorization
   *[other] { $count } authorizations
} in force, between { $total ->
    [one] { $total } pair
   *[other] { $total } pairs
} of departments. The stronger the colour, the more.
in-force-count = In force
ever = Ever

## What a draft changed
changes-count = { $count ->
    [one] { $count } change
   *[other] { $count } changes
}
first-draft = The first draft
field-added = added
field-removed = removed
unit = Unit
data-element = Data element

## Actions of proposals, bindings, receipts and ratings
action-propose = Proposal made
action-approve = Proposal approved
action-reject = Proposal rejected
action-take-back-proposal = Proposal taken back
action-propose-binding = Binding proposed
action-amend-binding = Binding amended
action-change-binding = Binding’s state changed
action-report-schema = Schema reported
action-seal-receipts = Receipts of use sealed
action-rate = Data rated
action-answer-rating = Rating answered

## Actions of data elements, objections, findings, demands and obligations
action-ask-for-more = More material asked for
action-supply-application = Material supplied
action-review-application = Application taken up
action-define-element = Data element defined
action-retire-element = Data element retired
action-claim-source = Source of a data element claimed
action-raise-objection = Objection raised
action-answer-objection = Objection answered
action-escalate-objection = Objection escalated
action-close-objection = Objection closed
action-settle-objection = Objection settled
action-open-finding = Finding opened
action-answer-finding = Finding answered
action-judge-finding = Finding judged
action-raise-demand = Demand raised
action-assign-demand = Demand assigned
action-answer-demand = Demand answered
action-impose-obligation = Obligation imposed
action-meet-obligation = Obligation met

## Proofs

evidence-file = Evidence file
evidence-hint = The whole signed history, to be verified without any node
verify-evidence = Verify an evidence file
verify-trust = This trusts the node that you are asking.
verify-trust-why = It says here what its own verifier found, against its own genesis. A node that lies can lie here too. Whoever must be sure verifies with the command, which asks nobody.
verify-choose = Drop an evidence file here, or choose one (.dirchain-proof)
verify-button = Have it verified
verify-verdict = Verdict
verify-valid = Valid
verify-invalid = Invalid
verify-undecided = Cannot decide
verify-by-node = Verified by node
verify-alone = Without trusting a node
verify-alone-why = The command needs the file and the chain's genesis, no network and no node:
checkpoint = Checkpoint
checkpoint-why = The end of the log of all block headers, signed by this node. Whoever keeps it can later have proven that history was only appended to: no block before it was changed or left out.
log-entries = Entries
log-signed = Signed checkpoint
log-key = Verifier key
checkpoint-pin = Pin it
checkpoint-pin-why = The command keeps the newest block only when it is proven, and pins anew only when history merely grew:
## Pages of facts and tables
nav-matters = Matters between departments
matters = Matters
what = What
about = About
show-all = show all
records = Records
record-of = Record { $value }
records-none = None.
calls-of = { $count ->
    [one] { $count } call
   *[other] { $count } calls
}
denied-of = { $count } denied
reason = Reason
step = Step
steps = Steps
states = States
office = Office
until-time = until { $value }
until-block = until #{ $value }
judged-for-time = judged for { $value }
field-gone-of = { $value }, no longer listed
reads-all = Everything it may read, and why
basis = Basis
basis-none = no basis: every call was denied
department-id = Department, by id or name
day = Day

## What is owed, scores
deadlines = Deadlines
owed = Owed
owed-answers = Answers owed
owed-none = Nothing is owed.
owed-count = { $count ->
    [one] { $count } answer is owed, { $total } late.
   *[other] { $count } answers are owed, { $total } of them late. The most urgent stand first.
}
due = Due
late-days = Late
awaits-all = All that awaits it
late-by = { $count ->
    [one] { $count } working day
   *[other] { $count } working days
}
late-only = Late only
overdue = Overdue
awaits-approval = Approve or reject a proposal
awaits-confirmation = Confirm the new holder of an authorization
awaits-notice = What was granted is about to end or narrow
awaits-verdict = Judge the answer to a finding
awaits-acceptance = Close or escalate an answered objection
awaits-reply = Answer a rating
awaits-unfounded = An entry in force cites a responsibility that has ended
awaits-over-quota = More calls a day on record than granted
awaits-drifted = A binding whose schema is another by now
awaits-gateway = A binding without a gateway that reports
taken-over-by = Taken over by
awaits-inherited = An application left by a dissolved department
duty-publish = Publish or return a submission
duty-amend = Amend or withdraw an entry whose responsibility has ended
duty-decide = Decide on an application
duty-supply = Supply what an application lacks
duty-provision = Connect what was granted
duty-correct = Answer an objection
duty-settle = Settle an objection
duty-assign = Assign a demand
duty-answer-demand = Answer a demand
duty-answer-finding = Answer a finding
duty-share = Share what is on the list of obligations
scores = Scores
scores-none = No active department fits.
score = Score
rank-of = rank { $value }
stars-above-three = { $value } against three stars each
ranking = Ranking
rank = Rank
points = Points
points-each = { $count ->
    [one] { $count } point
   *[other] { $count } points
}
score-base = To begin with
answered-in-time = Answered in time
office-in-time = In time as an office
over-quota = Uses over quota
over-quota-days = { $count ->
    [one] on { $count } day
   *[other] on { $count } days
}
further-grants = and { $value } more
answered-late = Answered late
stale-entries = Entries not renewed
drifted-bindings = Drifted bindings
rating-star = For each star above three

## Proposals
proposal = Proposal
proposals = Proposals
proposal-of = Proposal { $value }
measure = Measure
proposed-by = Proposed by
proposed-at = Proposed
not-before = Not in force before
lapses = Lapses
took-effect = Took effect
approvals = Approvals
approved = Approved
approval-awaited = awaited
signatory = Signed by
signatory-either = Head or administrator
standing-open = Open
standing-in-force = In force
standing-rejected = Rejected
standing-taken-back = Taken back
standing-lapsed = Lapsed
measure-change-parameters = Parameters change
measure-assign-office = An office is assigned
measure-grant = An authorization by two people
measure-revoke = An authorization is revoked
measure-withdraw = An entry is withdrawn
measure-narrow = An amendment shares less
measure-replace-head = A lost head key is replaced
measure-suspend-department = A department is suspended
measure-resume-department = A department resumes
measure-reorganise = Reorganisation
measure-change-membership = Members change
measure-confirm-holder = An authorization goes on for a new holder
measure-raise-rules = The next rules version
form-of-reorganisation = Form
reorganisation-merge = Merger
reorganisation-split = Split
reorganisation-rename = Renaming
reorganisation-dissolve = Dissolution
document = Document
transfers = Responsibilities that pass on
transfer-from = From
transfer-to = To
dissolved = Departments that are dissolved
renamed = Departments that are renamed
new-name = New name
new-settings = New settings
purposes-added = Purposes added
purposes-ended = Purposes ended
calendar-days = Calendar
from-height = From height

## Bindings and use
bindings = Bindings
binding = Binding
binding-of = Binding { $value }
binding-proposed = Proposed
binding-live = Live
binding-drifted = Drifted
binding-suspended = Suspended
binding-retired = Retired
system = System
schema = Schema’s hash
schema-seen = Schema seen
change = Change
receipts-root = Root over the receipts
schema-confirmed = Schema last confirmed
gateway = Gateway’s key
column = Column
columns = Columns and their fields
usage = Use
usage-of = Use { $value }
use-in-all = Use in all
use-on-record = Use on record
use-by-day = Calls by day
use-hint = { $count ->
    [one] { $count } call was sealed in the thirty days up to the newest on record.
   *[other] { $count } calls were sealed in the thirty days up to the newest on record, { $total } on the busiest.
}
use-cut = More batches are on record than were counted here.
receipts = Receipts
receipts-of = Receipts { $value }
batch = Batch of receipts
counts = Counts
counted-by = Counted by
counts-agree = Both agree
counts-contested = Contested
counts-one-side = One side
side-provider = The provider’s gateway
side-consumer = The reader’s gateway
calls = Calls
answered = Answered
denied = Denied
rows = Rows
window-from = Window from
windows-agreed = Windows agreed on
windows-contested = Windows contested
contested-since = Contested since
ratings = Ratings
rating = Rating
rating-of = Rating { $value }
rating-open = Not answered
rating-answered = Answered

## Objections, findings, demands, obligations, data elements
objection = Objection
objections = Objections
objection-of = Objection { $value }
objection-kind = Kind
objection-correction = Data is wrong
objection-source-conflict = Two claim to be the source
objection-appeal = Against a refusal
objection-raised = Raised
objection-answered = Answered
objection-escalated = Before the steward
objection-closed = Closed
outcome-corrected = put right
outcome-upheld = stands
outcome-withdrawn = taken back
claimed-by = Claimed for
raiser = Raised by
evidence-hash = Evidence’s hash
findings = Findings
finding = Finding
finding-of = Finding { $value }
finding-open = Open
finding-answered = Answered
finding-cleared = Cleared
finding-not-cleared = Not cleared
who-answers = Who answers
demand = Demand
demands = Demands
demand-of = Demand { $value }
demand-open = Open
demand-assigned = Assigned
demand-listed = Listed
demand-refused = Refused
asker = Who asks
obligations = Obligations to share
obligation-of = Obligation { $value }
obligation-open = Open
obligation-met = Met
obligation-list = List
who-must-share = Who must share
elements = Data elements
element-of = Data element { $value }
element-retired = Retired
definition = Definition
defined-at = Defined
sources = Sources
sources-none = No entry is its source yet.

## Members and epochs
proven = There
member-proven = Has built a block
member-unproven = Has built no block yet
member-missed = Missed its turn
member-passed = passed over until #{ $value }; counts as absent, so that agreed changes may wait
equivocations = Contradictions
member-changes = Changes of the members
changes-none = No change waits for the end of an epoch.
member-add = begins to vote
member-remove = votes no more
member-replace = is replaced
member-rotate = changes its key
node-by = By
epoch-ends = The epoch ends with block
epoch-blocks = Blocks in an epoch
next-rules = Next rules version
two-person = Two people for sensitive fields
rule-on = On
rule-off = Off
proposal-days = A proposal waits at most
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
seconds = { $value } s
working-days = { $count ->
    [one] { $count } working day
   *[other] { $count } working days
}
notice = Notice before an early end
deadline-publication = To publish or return a submission
deadline-unconditional = To provide what is unconditional
deadline-conditional = To decide on an application
deadline-supplement = To supply what an application lacks
deadline-provisioning = To connect what was granted
deadline-correction = To answer an objection
deadline-escalation = To settle an objection
deadline-demand = To assign or answer a demand

## May it read?
may-it-read = May a department read it?
ask = Ask
any = any
any-purpose = any that was granted
entry-code = Entry, by code or name
field-number-or-name = Field, by number or name
verdict = Verdict
may-read-yes = May read
may-read-no = May not read
denied-not-active = the department is not active
denied-not-published = no version of the entry is in force
denied-no-such-field = the version in force has no such field
denied-not-shared = not shared
denied-no-authorization = conditional, and nothing was granted
fails-field = does not cover the field
fails-inactive = is not active
fails-window-over = is over
fails-window-not-begun = has not begun
fails-purpose = is for another purpose
fails-responsibility = was granted for a responsibility that its reader no longer holds
reads-nothing = It is suspended or dissolved: it may read nothing now, whatever was granted to it or is shared with all.
pairs-of = { $total ->
    [one] { $count } of { $total } pair of departments
   *[other] { $count } of { $total } pairs of departments
}
