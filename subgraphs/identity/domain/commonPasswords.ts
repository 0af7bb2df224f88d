/**
 * Passwords that are guessed first, in lower case and of at least eight characters: the heads of published lists of
 * leaked ones, runs over keyboards, seasons with years, and the product's own name. It is short on purpose: the second
 * factor and the throttling bear the rest.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
    00000000 000000000 0000000000 01234567 012345678 0123456789 098765432 0987654321 10101010 11111111 111111111
    1111111111 11112222 11223344 1122334455 112233445566 12121212 1212121212 123123123 123123123a 123321123
    12341234 12344321 1234512345 123454321 12345678 123456789 1234567890 12345678910 123456789a 123456789q
    12345678a 1234567a 1234567q 12345qwert 1234abcd 1234qwer 13131313 147258369 147852369 159357456 159753456
    1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 22222222 31415926 314159265 321654987
    33333333 44444444 55555555 66666666 69696969 741852963 77777777 789456123 789456123a 87654321 88888888
    888888888 963852741 987654321 9876543210 99999999 999999999 a1234567 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5
    aa123456 aa12345678 aaaa1111 aaaaaaaa aaaaaaaaa aaaaaaaaaa abc12345 abc123456 abc123456789 abc123abc abcabcabc
    abcd1234 abcd12345 abcd123456 abcdefg1 abcdefgh abcdefghi abcdefghij admin123 admin1234 admin12345 admin123456
    admin@123 adminadmin administrator alexander alexandra america1 american1 anthony1 arsenal1 asd123456
    asdasdasd asdf1234 asdfasdf asdfghjk asdfghjkl asdfghjkl123 asdfqwer asshole1 autumn2024 autumn2025 azerty123
    azertyuiop babygirl babygirl1 barcelona baseball baseball1 basketball batman123 beautiful benjamin blahblah
    blahblah1 blink182 bullshit butterfly butterfly1 canada123 carolina1 caroline changeit changeme changeme1
    changeme123 charlie1 charlie123 cheesecake chelsea1 chocolate chocolate1 christian1 christopher cocacola1
    computer computer1 contraseña correcthorsebatterystaple corvette creative danielle darkness darkness1 december
    default1 default123 deutschland diamond1 dolphins dragon12 dragon123 elephant elizabeth february ferrari1
    flower123 football football1 football123 forever1 freedom1 fuckyou1 fuckyou123 fuckyou2 gabriel1 guest123
    guest1234 hamburg1 hello123 hello1234 hello12345 hellohello hollywood ihateyou ilovegod iloveme1 iloveyou
    iloveyou! iloveyou1 iloveyou123 iloveyou2 internet internet1 isabella january1 jennifer jennifer1 jessica1
    jonathan jordan23 juventus1 lakers24 letmein! letmein1 letmein12 letmein123 letmeinnow liverpool liverpool1
    lkjhgfdsa login123 lovelove lovely123 loveme123 loveyou1 manchester marlboro1 master12 master123 mastermaster
    matthew1 maverick mercedes metallica michael1 michelle michelle1 midnight midnight1 mnbvcxz1 monday123
    monkey12 monkey123 motdepasse mountain mountain1 mustang1 nicholas nirvana1 november1 operator operator1
    operator123 original p@55w0rd p@ssw0rd p@ssw0rd1 p@ssword p@ssword1 pa55word packers1 panther1 parola123
    passw0rd passw0rd1 password password! password01 password1 password1! password11 password12 password123
    password1234 password12345 password2 password2023 password2024 password2025 password3 password9 password99
    passwort passwort1 passwort123 patricia penguin1 poiuytrewq pokemon1 pokemon123 porsche1 precious princess
    princess1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc qazwsxedcrfv qqqqqqqq qweasd123 qweasdzxc qweqweqwe
    qwer1234 qwert123 qwert1234 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyqwerty
    qwertyui qwertyuiop qwertyuiop123 qwertyuiop[] qwertz123 qwertzui qwertzuiop rainbow1 rainbow123 realmadrid
    redskins root1234 rootroot samantha samantha1 santiago scorpio1 scorpion secret12 secret123 secret1234
    september shadow12 shadow123 slipknot snoopy123 snowball spiderman spiderman1 spring2024 spring2025 starwars
    starwars1 steelers stephanie summer123 summer2023 summer2024 summer2025 sunday123 sunshine sunshine1 superman
    superman1 sweetheart swordfish test1234 test12345 testing1 testing123 testtest thunder1 tigger123 tinkerbell
    tollgate tollgate1 tollgate12 tollgate123 tollgate1234 toor1234 topsecret trustno1 unicorns user1234 user12345
    username veronica victoria welcome! welcome01 welcome1 welcome1! welcome12 welcome123 welcome1234 whatever
    whatever1 whatever123 winter123 winter2023 winter2024 winter2025 xxxxxxxx yankees1 zaq12wsx zaq1xsw2 zaq1zaq1
    zxcvbnm, zxcvbnm,. zxcvbnm1 zxcvbnm123 zxcvzxcv zzzzzzzz
  `
    .trim()
    .split(/\s+/),
);
