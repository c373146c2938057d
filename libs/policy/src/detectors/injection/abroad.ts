import { foldText } from '../scan/alphabet.ts'
import { FOREIGN } from './anchors.ts'
import { phrase } from './phrase.ts'
import type { Phrase } from './phrase.ts'

/** Orders to drop what came before, in the languages that attacks are most often written in besides English. */
export const ABROAD: readonly Phrase[] = [
  `\\b(?:ignorier(?:e|en|t)|vergiss|missachte|vergessen) (?:sie )?(?:bitte )?(?:(?:alle|die|deine|meine|ihre|aller|samtliche) ){0,3}(?:vorherigen?|bisherigen?|vorigen?|obigen?|fruheren?|vorangegangenen?|ursprunglichen?|vorhergehenden?)(?: [a-z]{1,12})? ?(?:anweisung|instruktion|befehl|vorgabe|anordnung|regel|prompt|systemanweisung)`,
  `\\b(?:ignore[sz]?|ignorer|oublie[sz]?) (?:(?:toutes|tous|les|tes|vos|mes|des) ){0,3}(?:instructions|consignes|directives|regles|ordres) (?:precedent|anterieur|ci-dessus|initial|donnees|qui precedent|systeme)`,
  `\\b(?:ignor[ae]|ignorar|ignoren|olvid[ae]|olviden?|descart[ae]|haz caso omiso de) (?:(?:todas?|todos|las?|los|tus?|sus?|de) ){0,4}(?:instruccion|orden|indicacion|regla|directriz|directric)[a-z]{0,4} (?:anterior|previa|previo|de arriba|inicial|original|que)`,
  `\\b(?:ignore|ignora|ignorar|esqueca|desconsidere) (?:(?:todas?|todos|as?|os|suas?|seus) ){0,3}(?:instruc|orientac|ordens|regras|diretri)[a-z]{0,6} (?:anterior|previa|acima|inicia|origina)`,
  `\\b(?:ignora|ignorate|dimentica|dimenticate) (?:(?:tutte|tutti|le|i|tue|gli) ){0,3}(?:istruzioni|regole|direttive|ordini|indicazioni) (?:precedent|inizial|sopra|original|anterior)`,
  `\\b(?:negeer|vergeet) (?:(?:alle|de|je|uw|al) ){0,3}(?:voorgaande|vorige|eerdere|bovenstaande|oorspronkelijke) (?:instructie|opdracht|aanwijzing|regel)`,
  `\\b(?:zignoruj|ignoruj|zapomnij)(?:cie)?(?: o)? (?:(?:wszystkie|wszystkich|swoje|te) ){0,3}(?:poprzednie|poprzednich|wczesniejsze|powyzsze|dotychczasowe)`,
  `\\b(?:onceki|yukaridaki|tum onceki) (?:tum )?(?:talimat|komut|yonerge)[a-z]{0,8}(?:[a-z ]{0,10})(?:yok say|gormezden gel|unut)`,
  `\\b(?:ignorera|glom) (?:(?:alla|dina) ){0,2}(?:tidigare|foregaende) (?:instruktioner|anvisningar)`,
  `\\b(?:abaikan|lupakan) (?:(?:semua|seluruh) ){0,2}(?:instruksi|perintah)(?: [a-z]{1,12})? (?:sebelumnya|di atas)`,
  `bo qua (?:(?:tat ca|moi|cac) ){0,3}(?:huong dan|chi dan|lenh)`,
  `(?:игнорируй(?:те)?|игнорировать|забудь(?:те)?|не обращай(?:те)? внимания на) (?:(?:все|всех|свои|ваши|любые) ){0,3}(?:предыдущие|прежние|прошлые|предшествующие|вышеуказанные|ранее данные) (?:инструкции|указания|команды|правила|сообщения)`,
  `(?:忽略|无视|忘记|忽視|不要理会|無視)[^。\\n]{0,8}(?:之前|以上|先前|上述|前面|上面|此前|所有)[^。\\n]{0,6}(?:指令|指示|说明|提示|规则|命令)`,
  `(?:これまで|以前|上記|前|今まで|すべて|全て)の[^。\\n]{0,8}(?:指示|命令|プロンプト|ルール|指令)[^。\\n]{0,8}(?:無視|忘れ)`,
  `(?:이전|위의|앞의|모든|기존)[^.\\n]{0,10}(?:지시|명령|지침|프롬프트)[^.\\n]{0,8}(?:무시|잊)`,
  `(?:تجاهل|انس)[^.\\n]{0,12}(?:التعليمات|الاوامر|الأوامر|الإرشادات|تعليمات)`,
  `(?:पिछले|पूर्व|सभी)[^।\\n]{0,16}(?:निर्देश|आदेश)[^।\\n]{0,16}(?:अनदेखा|नज़रअंदाज़)`,
  `(?:התעלם|התעלמי|תתעלם)[^.\\n]{0,12}(?:ההוראות|הוראות|ההנחיות)`,
  `\\b(?:vergiss|ignorier(?:e|en)?) (?:bitte )?(?:alles|was)(?: (?:was|dir|vorher|bisher|zuvor|oben|davor|gesagt|wurde|,))?[^.\\n]{0,24}(?:vorher|bisher|zuvor|oben|davor)`,
  `\\bmissachte (?:(?:alle|die|deine) ){0,2}(?:obigen|bisherigen|vorherigen)`,
  `\\b(?:oublie[sz]?|ignore[sz]?) tout (?:ce qui precede|ce que|ce qui a ete)`,
  `\\bne (?:tiens|tenez) (?:pas|plus|aucun) compte des? [^.\\n]{0,16}(?:instructions|consignes|directives)`,
  `\\b(?:olvid[ae]|ignora|ignore) todo lo (?:anterior|que|dicho)`,
  `\\b(?:esqueca|ignore) tudo o que`,
  `\\b(?:dimentica|ignora) tutto (?:quello|cio|quanto)`,
  `\\bvergeet (?:alles|alle vorige|alle eerdere)`,
  `(?:забудь(?:те)?|игнорируй(?:те)?) (?:все|всё),? что (?:было|тебе|я|вам)`,
  `(?:忽略|无视|忘记)(?:以上|上面|之前|前面)(?:的)?(?:所有|全部)?(?:内容|文字|对话|信息)`,
].map((source) => phrase(FOREIGN, 0.8, foldText(source)))
