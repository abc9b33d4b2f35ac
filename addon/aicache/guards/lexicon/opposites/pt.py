"""Opposites in Portuguese: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
antes / depois após
ligar ligo ativar ativo acender / desligar desligo desativar desativo apagar
esquerda esquerdo / direita direito
mais / menos
aumentar aumento subir / diminuir reduzir reduzo baixar
abrir abro aberto aberta / fechar fecho fechado fechada
com / sem
comprar compro compra / vender vendo venda
importar importação / exportar exportação
dentro entrar / fora sair
entrada / saída
ganhar ganho vencer / perder perco
lucro / prejuízo perda
quente calor / frio fria
aquecer esquentar / esfriar arrefecer
começar iniciar início / parar terminar acabar fim
adicionar acrescentar / remover excluir eliminar apagar
acima cima / abaixo baixo
subir / descer
carregar enviar / baixar descarregar
instalar / desinstalar
conectar / desconectar
bloquear / desbloquear
criptografar cifrar / descriptografar decifrar
enviar envio / receber recebo
emprestar / pedir_emprestado
depositar / sacar levantar
mínimo mínima / máximo máxima
primeiro primeira / último última
melhor / pior
aceitar / recusar rejeitar
permitir permitido / proibir proibido
chegada chegar / partida partir
empurrar / puxar
mostrar exibir / ocultar esconder
crescente / decrescente
horizontal / vertical
norte / sul
leste / oeste
dia / noite
vantagens vantagem / desvantagens desvantagem
causa causas / efeito efeitos consequências
grande grandes / pequeno pequena pequenos
longo longa comprido / curto curta
rápido rápida / lento lenta devagar
velho velha antigo antiga / jovem novo nova
bom boa bem / mau má ruim mal
caro cara / barato barata
forte / fraco fraca
leve / pesado pesada
fácil / difícil
seguro segura / perigoso perigosa
cedo / tarde
homem homens masculino / mulher mulheres feminino
inspirar / expirar
engordar / emagrecer
bruto / líquido

alto alta altos altas / baixo baixa baixos baixas
aumentam aumenta / diminuem diminui
par / ímpar
positivo positiva / negativo negativa
ativo ativa / passivo passiva
público pública / privado privada
solteiro solteira / casado casada
molhado úmido / seco seca
cheio cheia / vazio vazia
grosso grossa / fino fina
largo larga / estreito estreita
profundo profunda / raso rasa
macio mole / duro dura
claro clara / escuro escura
limpo limpa / sujo suja
saudável / doente
verdadeiro / falso
certo correto / errado incorreto
aprovado passar sucesso / reprovado falhar fracasso
inscrever_se assinar / cancelar_a_assinatura
casar casamento / divorciar divórcio
nascimento nascer / morte morrer
cru crua / cozido cozida
interno interna / externo externa
frente / trás atrás
singular / plural
fixo fixa / variável
manual manualmente / automático automaticamente
perder_peso emagrecer / ganhar_peso engordar
verão / inverno
primavera / outono
manhã / noite

mãe mamãe / pai papai
esposa mulher / esposo marido
irmã / irmão
filha / filho
menina meninas / menino meninos
namorada / namorado
tia / tio
sobrinha / sobrinho
avó / avô
rainha / rei
comprador compradora / vendedor vendedora
empregador / empregado funcionário
senhorio locador / inquilino locatário
professor professora / aluno estudante
médico doutor / paciente
pais / filhos
adultos adulto / crianças criança
remetente / destinatário
"""
