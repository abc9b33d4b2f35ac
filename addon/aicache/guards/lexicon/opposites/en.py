"""Opposites in English: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
before / after
earlier / later
on / off
turn_on switch_on power_on / turn_off switch_off power_off
enable enabling enabled / disable disabling disabled
activate activating activation / deactivate deactivating deactivation
left / right
more / less fewer
raise raising increase increasing / lower lowering decrease decreasing reduce reducing
open opening / close closing shut
with / without
buy buying purchase / sell selling
import importing / export exporting
in / out
inside / outside
win winning / lose losing
hot / cold
start starting begin beginning / stop stopping end ending
add adding / remove removing delete deleting
up / down
upload uploading / download downloading
install installing / uninstall uninstalling
lock locking / unlock unlocking
encrypt encrypting encryption / decrypt decrypting decryption
encode encoding / decode decoding
send sending / receive receiving
lend lending / borrow borrowing
deposit depositing / withdraw withdrawing withdrawal
above / below
over / under
minimum min / maximum max
highest largest / lowest smallest
first / last
oldest / newest
best / worst
gain / loss lose
accept accepting / reject rejecting refuse decline
allow allowing / forbid forbidding prohibit
arrive arrival / depart departure
push pushing / pull pulling
input / output
hide hiding / show showing
ascending / descending
horizontal horizontally / vertical vertically
clockwise / counterclockwise anticlockwise
north / south
east / west
day / night
advantages advantage pros / disadvantages disadvantage cons
cause causes / effect effects
safe / dangerous
legal / illegal
men male / women female
inhale / exhale
freeze / thaw
melt / freeze

high higher / low lower
early / late
even / odd
positive / negative
active / passive
public / private
single / married
wet / dry
full / empty
thick / thin
wide / narrow
deep / shallow
soft / hard
light / dark
clean / dirty
healthy / sick unhealthy
true / false
correct right / incorrect wrong
success successful succeed / failure fail failed
pass passed / fail failed
inbound incoming / outbound outgoing
subscribe / unsubscribe
connect / disconnect
freeze / unfreeze
marry marriage / divorce
born birth / die death
raw / cooked
internal / external
upper / lower
front / back
liquid / solid / gas
supply / demand
singular / plural
fixed / variable
hardware / software
online / offline
manual manually / automatic automatically
synchronous / asynchronous
symmetric / asymmetric
safe / unsafe
gain_weight / lose_weight
summer / winter
spring / autumn
morning / evening
fresh / frozen
inner / outer
hyperglycemia / hypoglycemia

mother mom mum / father dad
wife / husband
sister / brother
daughter / son
girl girls / boy boys
girlfriend / boyfriend
aunt / uncle
niece / nephew
grandmother grandma / grandfather grandpa
bride / groom
queen / king
princess / prince
buyer / seller
employer / employee
landlord / tenant
teacher / student
doctor / patient
parents parent / children child kids
adult adults / child children
lender / borrower
sender / recipient receiver
"""
