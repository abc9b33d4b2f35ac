"""English words that exclude each other. Data only; written for this project.

A line is a group, its sides stand between slashes, a side's words mean the same. Words
of two parts have a _ between them.
"""

from __future__ import annotations

OPPOSITES = """
enable enabled activate activated activation / disable disabled deactivate deactivated deactivation
on / off
turn_on switch_on / turn_off switch_off
log_in login sign_in / log_out logout sign_out / sign_up register
opt_in / opt_out
check_in / check_out
up / down
open opening / close closing shut
lock / unlock
block / unblock
freeze / unfreeze
subscribe / unsubscribe
follow / unfollow
install / uninstall
add / remove delete
insert / eject
connect / disconnect
buy purchase / sell
send / receive
lend / borrow
import / export
upload / download
deposit / withdraw
credit / debit
start begin launch / stop end finish quit
increase raise / decrease reduce lower
gain / lose
win / lose
accept approve / reject decline deny refuse
allow permit / forbid ban prohibit
arrive arrival / depart departure leave
before / after
above / below
inside indoors indoor / outside outdoors outdoor
north northern / south southern / east eastern / west western
left / right
first / last
minimum min least lowest smallest / maximum max most highest largest biggest
oldest earliest / newest latest
worst / best
top / bottom
love / hate
like / dislike
input / output
encode / decode
encrypt / decrypt
compress / decompress
push / pull
push / pop
read / write
ascending / descending
advantage advantages pros benefit benefits / disadvantage disadvantages cons drawback drawbacks
cause causes / effect effects
question / answer
wake / sleep
ask / tell
teach / learn
inhale / exhale
mute / unmute
pin / unpin
hide / show
expand / collapse
forward / backward backwards
horizontal horizontally / vertical vertically
front / rear
before_tax / after_tax
morning / afternoon / evening / night
today / tomorrow / yesterday
this_week / next_week / last_week
this_month / next_month / last_month
this_year / next_year / last_year
this_weekend / next_weekend / last_weekend
this_morning / tomorrow_morning / yesterday_morning
arriving / departing
incoming / outgoing
domestic / international
public / private
single / married
full-time / part-time
daily / weekly / monthly / yearly annual annually
vegetarian / vegan
summer / winter / autumn
wife / girlfriend
husband / boyfriend
"""

POLAR = """
good great nice positive / bad poor negative terrible
big large huge / small little tiny
high / low
long / short
tall / short
fast quick / slow
hot warm / cold cool
young / old
new / old
new / used
rich wealthy / poor
easy simple / hard difficult
cheap inexpensive / expensive
strong / weak
fat overweight / thin skinny slim
happy glad joyful / sad unhappy miserable
smart intelligent clever / stupid dumb unintelligent
true real genuine / false fake
right correct / wrong incorrect
safe / dangerous unsafe risky
optimistic / pessimistic
secular / religious spiritual
humble modest / proud arrogant
brave courageous / fearful cowardly afraid cautious
polite / rude impolite
confident / insecure shy
calm / nervous anxious
lazy / hardworking diligent
kind nice / mean cruel
generous / selfish stingy
honest / dishonest
light / heavy
light / dark
bright / dark dim
loud noisy / quiet silent
full / empty
early / late
near close / far
deep / shallow
wide / narrow
thick / thin
hard / soft
wet / dry
clean / dirty
sweet / sour bitter
alive living / dead
beautiful pretty handsome attractive / ugly unattractive
outgoing extroverted extrovert / introverted introvert reserved
liberal progressive / conservative
active / passive
specific / general
simple / complex complicated
common / rare
popular / unpopular
outspoken vocal / quiet reserved
trusting / suspicious
mature / immature childish
interesting / boring
lucky / unlucky
normal / abnormal strange weird
hopeful / hopeless
powerful / powerless
careful / careless
useful / useless
dependent / independent
visible / invisible
possible / impossible
cautious / reckless
offensive / defensive
"""

DEGREE = """
more / less fewer
most / least
too_much / too_little
many / few
"""

GENDER = """
man men male males boy boys guy guys gentleman / woman women female females girl girls lady ladies
he him his himself / she her hers herself
husband / wife
father dad daddy / mother mom mum mommy
son / daughter
brother / sister
uncle / aunt
nephew / niece
grandfather grandpa / grandmother grandma
king / queen
prince / princess
boyfriend / girlfriend
actor / actress
waiter / waitress
"""

SIBLINGS = """
black / white / red / blue / green / yellow / brown / pink / purple / orange / grey gray / gold / silver
dog dogs puppy / cat cats kitten / horse / cow / pig / sheep / goat / chicken / duck / rabbit / mouse / rat / \
bird / fish / snake / lion / tiger / bear / elephant / monkey / wolf / fox / turtle / lizard / frog
head / neck / shoulder / arm forearm / elbow / wrist / hand / finger thumb / chest / stomach belly / back / hip / \
butt / leg / thigh / knee / calf / shin / ankle / foot heel / toe / eye / ear / face / nose / mouth / tooth teeth / \
jaw / chin / tongue / skin / bone / hair / brain / heart / spine / rib / skull / muscle / body / nerve / \
forehead / liver / kidney / lung
football / soccer / basketball / baseball / tennis / volleyball / golf / cricket / hockey / rugby / badminton / \
swimming / boxing / chess / cycling
christian christianity / muslim islam islamic / jewish judaism / hindu hinduism / buddhist buddhism / \
atheist atheism / catholic / protestant / sikh / mormon
democrat / republican / libertarian
gay / straight / lesbian / bisexual
breakfast / lunch / dinner supper
coffee / tea / beer / wine / water / milk / juice
beef / pork / chicken / fish / lamb
apple / banana / mango / grape / lemon / strawberry
windows / macos mac osx / linux ubuntu / android / ios
iphone / ipad / android / blackberry / macbook
chrome / firefox / safari / edge
facebook / instagram / twitter / whatsapp / snapchat / tiktok / linkedin / youtube / reddit / telegram / wechat / \
quora / tumblr / pinterest
google / bing / yahoo
gmail / outlook hotmail / yahoo
visa / mastercard / amex / paypal / discover
uber / lyft / ola
netflix / spotify / hulu / amazon
python / java / javascript js / typescript / c++ / c# / golang / rust / ruby / php / perl / kotlin / swift / \
scala / matlab / haskell
mysql / postgresql postgres / sqlite / oracle / mongodb / redis
react / angular / vue
aws / azure / gcp
bitcoin btc / ethereum eth / litecoin / dogecoin
dollar / euro / pound / yen / yuan / rupee / ruble
math mathematics maths / physics / chemistry / biology / history / geography / economics / psychology
mars / venus / jupiter / saturn / mercury / neptune / uranus / pluto
guitar / piano / violin / drums / flute
car / bus / train / plane flight / bike bicycle / taxi cab / motorcycle / boat / truck
rain rainy / snow snowy / sunny / windy / cloudy
kitchen / bedroom / bathroom / garage / office / living_room / basement
weight / height
checking / savings
virtual / physical
passport / licence license / visa
"""

ASPECT = """
used_to formerly no_longer anymore
becoming turning_into
"""

LANGUAGES = """
english 英语 英文 / chinese mandarin 中文 汉语 普通话 / cantonese 粤语 / french 法语 法文 / spanish 西班牙语 / \
german 德语 德文 / italian 意大利语 / portuguese 葡萄牙语 / russian 俄语 俄文 / japanese 日语 日文 / \
korean 韩语 韩文 / arabic 阿拉伯语 / hindi 印地语 / turkish / dutch / polish / thai 泰语 / vietnamese 越南语 / \
latin 拉丁语 / greek / hebrew / swedish / urdu / bengali / tamil
"""

FORMATS = """
json / yaml / xml / csv / html / markdown / latex / toml / table 表格 / bullet_points bullets / essay 作文 / \
poem 诗 / haiku / email 邮件 / paragraph / one_word / one_sentence 一句话 / step_by_step / pdf / excel / \
word_document / ascii / regex
"""
