"""Places that embedders confuse: countries with their people, cities, regions; English and Chinese. Data only."""

from __future__ import annotations

COUNTRIES = """
afghanistan afghan 阿富汗 / albania albanian / algeria algerian / argentina argentine argentinian 阿根廷 / \
armenia armenian / australia australian aussie 澳大利亚 澳洲 / austria austrian 奥地利 / azerbaijan azerbaijani / \
bahamas / bahrain bahraini / bangladesh bangladeshi 孟加拉国 / barbados / belarus belarusian 白俄罗斯 / \
belgium belgian 比利时 / belize / benin / bhutan / bolivia bolivian / bosnia bosnian / botswana / \
brazil brazilian 巴西 / brunei / bulgaria bulgarian 保加利亚 / burundi / cambodia cambodian 柬埔寨 / cameroon / \
canada canadian 加拿大 / chad / chile chilean 智利 / china chinese 中国 / colombia colombian 哥伦比亚 / \
congo congolese / costa_rica / croatia croatian 克罗地亚 / cuba cuban 古巴 / cyprus / czech czechia 捷克 / \
denmark danish dane 丹麦 / dominica dominican / ecuador / egypt egyptian 埃及 / eritrea / estonia estonian / \
ethiopia ethiopian 埃塞俄比亚 / fiji / finland finnish finn 芬兰 / france french 法国 / gabon / gambia / \
georgia georgian / germany german 德国 / ghana ghanaian / gibraltar / greece greek 希腊 / grenada / guatemala / \
guinea / guyana / haiti haitian / honduras / hungary hungarian 匈牙利 / iceland icelandic 冰岛 / \
india indian 印度 / indonesia indonesian 印尼 印度尼西亚 / iran iranian 伊朗 / iraq iraqi 伊拉克 / \
ireland irish 爱尔兰 / israel israeli 以色列 / italy italian 意大利 / jamaica jamaican / japan japanese 日本 / \
kazakhstan kazakh 哈萨克斯坦 / kenya kenyan 肯尼亚 / kuwait 科威特 / kyrgyzstan / laos 老挝 / latvia latvian / \
lebanon lebanese 黎巴嫩 / lesotho / liberia / libya libyan / liechtenstein / lithuania lithuanian / luxembourg / \
macedonia / madagascar / malawi / malaysia malaysian 马来西亚 / maldives 马尔代夫 / mali / malta maltese / \
mauritius 毛里求斯 / mexico mexican 墨西哥 / moldova / monaco / mongolia mongolian 蒙古 / montenegro / \
morocco moroccan 摩洛哥 / mozambique / myanmar burma burmese 缅甸 / namibia / nepal nepali nepalese 尼泊尔 / \
netherlands holland dutch 荷兰 / new_zealand 新西兰 / nicaragua / niger / nigeria nigerian 尼日利亚 / \
north_korea north_korean 朝鲜 / norway norwegian 挪威 / oman / pakistan pakistani 巴基斯坦 / \
palestine palestinian / panama 巴拿马 / paraguay / peru peruvian 秘鲁 / philippines philippine filipino 菲律宾 / \
poland polish 波兰 / portugal portuguese 葡萄牙 / puerto_rico / qatar 卡塔尔 / romania romanian 罗马尼亚 / \
russia russian 俄罗斯 俄国 / rwanda / saudi saudi_arabia 沙特 / senegal / serbia serbian 塞尔维亚 / \
singapore singaporean 新加坡 / slovakia slovak / slovenia slovenian / somalia somali / south_africa 南非 / \
south_korea south_korean korea korean 韩国 / south_sudan / spain spanish 西班牙 / sri_lanka 斯里兰卡 / \
sudan sudanese / suriname / swaziland / sweden swedish swede 瑞典 / switzerland swiss 瑞士 / syria syrian 叙利亚 / \
taiwan taiwanese 台湾 / tajikistan / tanzania / thailand thai 泰国 / togo / tonga / trinidad / tunisia tunisian / \
turkey turkish 土耳其 / turkmenistan / tuvalu / uganda ugandan / ukraine ukrainian 乌克兰 / uae emirates 阿联酋 / \
uk britain british 英国 / usa america american u.s 美国 / uruguay / uzbekistan / vanuatu / vatican / \
venezuela venezuelan 委内瑞拉 / vietnam vietnamese 越南 / yemen yemeni 也门 / zambia / zimbabwe 津巴布韦 / \
scotland scottish 苏格兰 / england / wales welsh / hong_kong 香港 / macau 澳门 / tibet tibetan 西藏
"""

CITIES = """
amsterdam 阿姆斯特丹 / athens 雅典 / atlanta / austin / bangalore bengaluru / bangkok 曼谷 / barcelona 巴塞罗那 / \
beijing 北京 / berlin 柏林 / boston 波士顿 / brussels 布鲁塞尔 / budapest / cairo 开罗 / chennai / chicago 芝加哥 / \
cleveland / copenhagen / dallas / delhi / denver / detroit / dubai 迪拜 / dublin / frankfurt 法兰克福 / \
geneva 日内瓦 / houston / hyderabad / istanbul / jakarta / kolkata / kyoto 京都 / las_vegas / lisbon / \
london 伦敦 / los_angeles 洛杉矶 / madrid 马德里 / manchester / manila / melbourne 墨尔本 / miami 迈阿密 / \
milan 米兰 / montreal / moscow 莫斯科 / mumbai bombay / munich 慕尼黑 / nairobi / new_york nyc 纽约 / orlando / \
osaka 大阪 / oslo / paris 巴黎 / philadelphia / phoenix / portland / prague 布拉格 / pune / rome 罗马 / \
san_francisco sf 旧金山 / san_diego / seattle 西雅图 / seoul 首尔 / shanghai 上海 / stockholm / sydney 悉尼 / \
tokyo 东京 / toronto 多伦多 / vancouver 温哥华 / vienna 维也纳 / warsaw / washington 华盛顿 / zurich 苏黎世 / \
广州 / 深圳 / 天津 / 重庆 / 成都 / 武汉 / 杭州 / 南京 / 西安 / 苏州 / 青岛 / 大连 / 沈阳 / 哈尔滨 / 长春 / 济南 / \
郑州 / 长沙 / 昆明 / 贵阳 / 南宁 / 福州 / 厦门 / 合肥 / 南昌 / 太原 / 石家庄 / 兰州 / 西宁 / 银川 / 乌鲁木齐 / \
拉萨 / 海口 / 三亚 / 宁波 / 温州 / 无锡 / 东莞 / 佛山 / 珠海 / 汕头 / 桂林 / 洛阳 / 烟台 / 威海 / 徐州 / 常州 / \
泉州 / 绍兴 / 大理 / 丽江 / 台北 / \
义乌 / 唐山 / 保定 / 秦皇岛 / 邯郸 / 廊坊 / 沧州 / 大同 / 包头 / 呼和浩特 / 鞍山 / 丹东 / 锦州 / 大庆 / \
齐齐哈尔 / 牡丹江 / 南通 / 扬州 / 镇江 / 盐城 / 连云港 / 嘉兴 / 湖州 / 金华 / 台州 / 舟山 / 芜湖 / 蚌埠 / \
黄山 / 莆田 / 漳州 / 三明 / 赣州 / 九江 / 景德镇 / 淄博 / 潍坊 / 临沂 / 济宁 / 泰安 / 日照 / 开封 / 新乡 / \
南阳 / 宜昌 / 襄阳 / 荆州 / 株洲 / 湘潭 / 岳阳 / 张家界 / 中山 / 惠州 / 江门 / 湛江 / 茂名 / 肇庆 / 北海 / \
柳州 / 绵阳 / 乐山 / 宜宾 / 遵义 / 西双版纳 / 咸阳 / 宝鸡 / 延安 / 敦煌
"""

REGIONS = """
europe european 欧洲 / asia asian 亚洲 / africa african 非洲 / north_america 北美 / south_america 南美 / \
antarctica 南极 / 广东
广西 / 湖南 / 湖北 / 河南 / 河北 / 山东 / 山西 / 陕西 / 江苏 / 江西 / 浙江 / 安徽 / 福建 / 四川 / 贵州 / 云南 / \
海南 / 辽宁 / 吉林 / 黑龙江 / 甘肃 / 青海 / 新疆 / 宁夏 / 内蒙古
alabama / alaska / alberta / arizona / arkansas / california / colorado / connecticut / delaware / florida / \
georgia / hawaii / idaho / illinois / indiana / iowa / kansas / kentucky / louisiana / maine / maryland / \
massachusetts / michigan / minnesota / mississippi / missouri / montana / nebraska / nevada / new_hampshire / \
new_jersey / new_mexico / north_carolina / north_dakota / ohio / oklahoma / ontario / oregon / pennsylvania / \
quebec / rhode_island / south_carolina / south_dakota / tennessee / texas / utah / vermont / virginia / \
west_virginia / wisconsin / wyoming
"""
