"""Opposites in Spanish: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
antes / después
encender enciendo activar activo prender / apagar apago desactivar desactivo
izquierda izquierdo / derecha derecho
más / menos
aumentar aumento subir subo / disminuir bajar bajo reducir reduzco
abrir abro abierto abierta / cerrar cierro cerrado cerrada
con / sin
comprar compro compra / vender vendo venta
importar importo importación / exportar exporto exportación
dentro adentro entrar / fuera afuera salir
entrada / salida
ganar gano ganado / perder pierdo perdido
ganancia ganancias / pérdida pérdidas
caliente calor / frío fría
calentar / enfriar
empezar empiezo comenzar iniciar inicio / parar detener terminar acabar fin
añadir agregar / eliminar quitar borrar
arriba encima sobre / abajo debajo bajo
subir cargar / descargar
instalar / desinstalar
conectar / desconectar
bloquear / desbloquear
cifrar encriptar / descifrar desencriptar
enviar envío / recibir recibo
prestar / pedir_prestado
depositar ingresar / retirar
mínimo mínima / máximo máxima
primero primera primer / último última
mejor / peor
aceptar / rechazar
permitir permitido / prohibir prohibido
llegada llegar / salida partida
empujar / tirar jalar
mostrar / ocultar esconder
ascendente / descendente
horizontal / vertical
norte / sur
este oriente / oeste occidente
día / noche
ventajas ventaja / desventajas desventaja inconvenientes
causa causas / efecto efectos consecuencias
grande grandes / pequeño pequeña pequeños
largo larga / corto corta
rápido rápida / lento lenta
viejo vieja antiguo antigua / joven nuevo nueva
bueno buena bien / malo mala mal
caro cara / barato barata
fuerte / débil
ligero ligera / pesado pesada
fácil / difícil
seguro segura / peligroso peligrosa
temprano / tarde
hombre hombres masculino / mujer mujeres femenino
inhalar / exhalar
engordar / adelgazar
bruto / neto

alto alta altos alta_presión / bajo baja bajos
suben sube / bajan baja
par / impar
positivo positiva / negativo negativa
activo activa / pasivo pasiva
público pública / privado privada
soltero soltera / casado casada
mojado húmedo / seco seca
lleno llena / vacío vacía
grueso gruesa / fino delgado
ancho ancha / estrecho estrecha
profundo profunda / superficial
blando suave / duro dura
claro clara / oscuro oscura
limpio limpia / sucio sucia
sano sana saludable / enfermo enferma
verdadero / falso
correcto correcta / incorrecto incorrecta
aprobado aprobar éxito / suspenso suspendido reprobado fracaso
entrante / saliente
suscribirse suscribirme / darse_de_baja cancelar_la_suscripción
casarse boda / divorciarse divorcio
nacimiento nacer / muerte morir
crudo cruda / cocido cocida
interno interna / externo externa
delante frente / detrás atrás
singular / plural
fijo fija / variable
en_línea / sin_conexión
manual manualmente / automático automáticamente
perder_peso bajar_de_peso / ganar_peso subir_de_peso
verano / invierno
primavera / otoño
mañana / noche

madre mamá / padre papá
esposa mujer / esposo marido
hermana / hermano
hija / hijo
niña niñas chica / niño niños chico
novia / novio
tía / tío
sobrina / sobrino
abuela / abuelo
reina / rey
comprador compradora / vendedor vendedora
empleador / empleado trabajador
casero arrendador / inquilino arrendatario
profesor maestro / alumno estudiante
médico doctor / paciente
padres / hijos
adultos adulto / niños
remitente / destinatario
"""
